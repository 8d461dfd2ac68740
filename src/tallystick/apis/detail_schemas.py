"""The JSON Schema of a type of authorization details: which schemas are taken, and how they are compiled. Pure.

Draft 2020-12 (RFC 9396 leaves the language open). A schema is written by an administrator and judges what strangers
send, so it is held to what runs in bounded time and asks nobody: patterns without lookaround and backreferences, which
run in linear time; references into the schema itself that never lead back; a bound on its size with every reference
followed, since ten definitions that each name the next one twice are a thousand checks.
"""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

from ..records import Json

DIALECT = "https://json-schema.org/draft/2020-12/schema"
BYTES_MAX = 16_384
DEPTH_MAX = 20
"""Objects and arrays inside one another, references followed. Details themselves may be five deep."""
NODES_MAX = 4_000
"""Values in all, references followed."""
_PATTERN_BYTES_MAX = 262_144
"""What one compiled pattern may take: ``(a{1000}){1000}`` is short, too."""
_ELSEWHERE = ("$id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$vocabulary")
"""Keywords by which a schema means something that is not at the place where it stands."""

Path = list[str | int]


class Fault(Protocol):
    """What is wrong with a value, as jsonschema-rs says it."""

    message: str
    instance_path: Path


class Validator(Protocol):
    """A compiled schema."""

    def validate(self, instance: Any) -> None:
        """Raises :class:`Fault`, a ValueError, for the first thing that is wrong."""
        ...


class SchemaRefused(ValueError):
    """Not a schema that is taken; ``path`` leads to the place in it."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(reason)
        self.path = path


def check_schema(schema: Json) -> None:
    """Raises :class:`SchemaRefused`."""
    if len(msgspec.json.encode(schema)) > BYTES_MAX:
        raise SchemaRefused([], f"must not be longer than {BYTES_MAX} bytes")
    if schema.get("$schema", DIALECT) != DIALECT:
        raise SchemaRefused(["$schema"], f"must be {DIALECT} where it is there")
    _Following(schema).follow(schema, [], ())
    try:
        compiled(schema)
    except ValueError as problem:
        message = getattr(problem, "message", str(problem))
        raise SchemaRefused(list(getattr(problem, "instance_path", [])), message[:300]) from None


def compiled(schema: Json) -> Validator:
    """The schema, ready to judge; raises ValueError. What it says of a value never repeats the value."""
    import jsonschema_rs  # a quarter of the time that the command line takes to start, and it needs none of it

    return jsonschema_rs.Draft202012Validator(
        schema,
        offline=True,
        validate_formats=True,
        ignore_unknown_formats=False,
        mask="the value",
        pattern_options=jsonschema_rs.RegexOptions(size_limit=_PATTERN_BYTES_MAX, dfa_size_limit=_PATTERN_BYTES_MAX),
    )


class _Following:
    """Walks through a schema and through what it refers to."""

    def __init__(self, root: Json) -> None:
        self._root = root
        self._nodes = 0

    def follow(self, node: object, path: Path, referred: tuple[str, ...], depth: int = 1) -> None:
        """Raises :class:`SchemaRefused`. ``referred``: the references that led here."""
        self._nodes += 1
        if self._nodes > NODES_MAX:
            raise SchemaRefused(path, f"is too large: more than {NODES_MAX} values with every reference followed")
        if depth > DEPTH_MAX:
            raise SchemaRefused(path, f"is more than {DEPTH_MAX} levels deep with every reference followed")
        if isinstance(node, list):
            for at, item in enumerate(node):
                self.follow(item, [*path, at], referred, depth + 1)
        if not isinstance(node, dict):
            return
        for name, value in node.items():
            place = [*path, name]
            if name in _ELSEWHERE and isinstance(value, str):
                raise SchemaRefused(place, "is not taken: references lead into the schema itself, by $ref")
            if name == "$ref" and isinstance(value, str):
                if value in referred:
                    raise SchemaRefused(place, "leads back to itself")
                self.follow(self._target(value, place), place, (*referred, value), depth + 1)
            else:
                self.follow(value, place, referred, depth + 1)

    def _target(self, reference: str, place: Path) -> object:
        if not reference.startswith("#/") or "%" in reference:
            raise SchemaRefused(place, "must lead into the schema itself, as #/$defs/name: nothing is ever fetched")
        node: Any = self._root
        for part in reference[2:].split("/"):
            name = part.replace("~1", "/").replace("~0", "~")
            if not isinstance(node, dict) or name not in node:
                raise SchemaRefused(place, "leads nowhere")
            node = node[name]
        return node
