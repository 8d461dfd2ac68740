"""The types of authorization details that an API understands (RFC 9396 2.1): as registered, and ready to judge.

What is registered belongs to the API (`apis.resource_server_fields`); what somebody asks for in detail is read in
`authorization.authorization_details`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from ..errors import InvalidField
from ..records import Json
from .detail_schemas import SchemaRefused, Validator, check_schema, compiled
from .resource_servers import ResourceServer

TYPES_MAX = 100
TYPE_PATTERN = r"^[\x21-\x7E]{1,255}\Z"
"""Compared exactly, so without blanks and letters that look alike; often a URL."""
FIELD = "authorization_details"


class AuthorizationDetailType(Struct, forbid_unknown_fields=True):
    """One type as its API registers it. Auth0 knows ``type`` alone; the others are ours."""

    type: Annotated[str, Meta(min_length=1, max_length=255, pattern=TYPE_PATTERN)]
    schema: Annotated[Json, Meta(description="JSON Schema of the whole object, draft 2020-12")] | UnsetType = UNSET
    description: Annotated[str, Meta(max_length=500, description="For people, on the page of consent")] | UnsetType = (
        UNSET
    )


def check_types(registered: list[Json]) -> None:
    """The rules that types alone do not hold; raises ValueError, and InvalidField with the place in a schema."""
    names = [one["type"] for one in registered]
    if len(names) != len(set(names)):
        raise ValueError("types must be unique")
    for at, one in enumerate(registered):
        if "schema" not in one:
            continue
        try:
            check_schema(one["schema"])
        except SchemaRefused as problem:
            place = f"{FIELD}[{at}].schema{spelled(problem.path)}"
            raise InvalidField(place, str(problem), check="api.details_schema") from None


class DetailType(msgspec.Struct, frozen=True):
    """One type, ready to judge."""

    type: str
    description: str = ""
    schema: Json = {}
    validator: Validator | None = None
    """None where its API says nothing of its contents."""

    def fault(self, detail: Json) -> str:
        """What is wrong with the contents, with the place in them; empty when nothing is. Repeats no value."""
        if self.validator is None:
            return ""
        try:
            self.validator.validate(detail)
        except ValueError as problem:
            place = spelled(getattr(problem, "instance_path", []))
            return f"{place.lstrip('.')}: {getattr(problem, 'message', 'is not valid')}"[:400].removeprefix(": ")
        return ""


DetailTypes = Mapping[str, DetailType]
"""``type`` → all about it."""


def detail_types_of(api: ResourceServer) -> DetailTypes:
    """The types of this API, their schemas compiled."""
    return {one["type"]: _ready(one) for one in api.metadata.get(FIELD) or ()}


def _ready(registered: Json) -> DetailType:
    schema = registered.get("schema")
    return DetailType(
        type=registered["type"],
        description=registered.get("description") or "",
        schema=schema or {},
        validator=None if schema is None else compiled(schema),
    )


def spelled(path: list[str | int]) -> str:
    """A place in a value, as ``.a[0].b``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)


def types_named(details: list[Any]) -> list[Any]:
    """The details with nothing but their types, as far as a reader may know them that must not see more."""
    return [{"type": detail["type"]} for detail in details]
