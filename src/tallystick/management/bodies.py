"""Bodies and queries of management calls: strict JSON objects, no duplicates, nothing a database column cannot hold."""

from __future__ import annotations

from json import JSONDecoder
from typing import Any, NoReturn
from urllib.parse import parse_qsl

import msgspec

from ..errors import InvalidField
from ..records import Json
from .problems import InvalidQuery, Problem

DEPTH_MAX = 24
"""Objects and arrays inside one another. The deepest field of any resource needs six."""
BRACKETS_MAX = 8_192
"""Far more than 1000 scopes need, and far below what would tire the decoder; the body itself is bounded."""
_INTEGER_MAX = 2**53
"""JSON's numbers are exact up to here (RFC 8259 6)."""
_QUERY_PARAMETERS_MAX = 32
_QUERY_BYTES_MAX = 8_192


class _Refused(ValueError):
    """The reason, as the caller may read it."""


def _members(pairs: list[tuple[str, Any]]) -> Json:
    members = dict(pairs)
    if len(members) != len(pairs):
        # RFC 8259 4 leaves it to the receiver which of two members counts; then neither does.
        raise _Refused("A member stands twice in an object")
    return members


def _no_constant(name: str) -> NoReturn:
    raise _Refused(f"{name} is not a JSON number")


_decode = JSONDecoder(object_pairs_hook=_members, parse_constant=_no_constant, strict=True).decode


def read_body(data: bytes, content_type: str) -> Json:
    """The JSON object of a body; an empty body is an empty object. Raises InvalidField, or a 415 :class:`Problem`."""
    if not data:
        return {}
    check_type(content_type, "application/json")
    value = read_json(data)
    if not isinstance(value, dict):
        raise InvalidField("", "The body must be a JSON object", check="body.object")
    return value


def read_items(data: bytes, content_type: str, kind: Any) -> list[Any]:
    """The JSON array of a body, its items of this type; an empty body is an empty array. Raises likewise."""
    if not data:
        return []
    check_type(content_type, "application/json")
    value = read_json(data)
    if not isinstance(value, list):
        raise InvalidField("", "The body must be a JSON array", check="body.array")
    try:
        return msgspec.convert(value, list[kind])
    except msgspec.ValidationError as problem:
        raise InvalidField("", str(problem).replace("`", ""), check="body.items") from None


def check_type(content_type: str, expected: str) -> None:
    """Whether a body is of this media type. Raises a 415 :class:`Problem`."""
    if content_type.partition(";")[0].strip().lower() != expected:
        raise Problem(
            415, f"The content type must be {expected}", "unsupported_media_type", check="unsupported_media_type"
        )


def read_json(data: bytes, brackets_max: int = BRACKETS_MAX) -> Any:
    """Any JSON value, by the same rules. Raises InvalidField."""
    try:
        text = data.decode("utf-8")
        if text.count("{") + text.count("[") > brackets_max:
            raise _Refused("The body is nested too deeply")
        value = _decode(text)
        _check(value, 1)
    except _Refused as refusal:
        raise InvalidField("", str(refusal), check="body.json") from None
    except (ValueError, RecursionError):
        raise InvalidField("", "The body is not valid JSON", check="body.json") from None
    return value


def _check(value: object, depth: int) -> None:
    if depth > DEPTH_MAX:
        raise _Refused("The body is nested too deeply")
    if isinstance(value, str):
        if "\x00" in value:
            raise _Refused("A string holds the character NUL")
        value.encode()  # a lone surrogate cannot be written as UTF-8: ValueError
    elif isinstance(value, dict):
        for name, item in value.items():
            _check(name, depth)
            _check(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check(item, depth + 1)
    elif (isinstance(value, int) and abs(value) > _INTEGER_MAX) or value in (float("inf"), float("-inf")):
        raise _Refused("A number is too large")


def read_query(query_string: bytes) -> dict[str, str]:
    """The query parameters; duplicates and what is not UTF-8 are refused. Raises :class:`InvalidQuery`."""
    if len(query_string) > _QUERY_BYTES_MAX:
        raise InvalidQuery("", "The query is too long", check="query.size")
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_QUERY_PARAMETERS_MAX,
        )
    except ValueError:
        raise InvalidQuery("", "The query is not valid", check="query.form") from None
    query: dict[str, str] = {}
    for name, value in pairs:
        if name in query:
            raise InvalidQuery(_shown(name), "A parameter stands twice", check="query.duplicate")
        if not (name + value).isprintable():
            raise InvalidQuery(_shown(name), "A parameter holds control characters", check="query.control")
        query[name] = value
    return query


def _shown(name: str) -> str:
    """A parameter's name, fit to be repeated."""
    return "".join(char if char.isprintable() else "?" for char in name[:64])
