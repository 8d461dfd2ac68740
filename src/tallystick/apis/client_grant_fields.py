"""The table of client grant fields (auth0.md 4.4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from msgspec import Meta

from ..fields import Field, field_table
from .detail_types import TYPE_PATTERN, TYPES_MAX
from .resource_server_fields import IDENTIFIER_CHARS_MAX, SCOPES_MAX


def _unique(values: list[str]) -> None:
    if len(values) != len(set(values)):
        raise ValueError("values must be unique")


def _only(neutral: object, what: str) -> Callable[[Any], None]:
    """Takes the one value that asks for nothing, and refuses what would not be kept."""

    def check(value: Any) -> None:
        if type(value) is not type(neutral) or value != neutral:
            raise ValueError(f"{what} not supported")

    return check


def _only_neutral(name: str, type: Any, neutral: object, what: str) -> Field:
    return Field(
        name=name,
        type=Annotated[type, Meta(extra_json_schema={"enum": [neutral]})],
        nullable=True,
        check=_only(neutral, what),
        description=f"{what.capitalize()} not supported",
    )


CLIENT_GRANT_FIELDS = field_table(
    (
        Field(name="id", type=str, read_only=True, description="cgr_ and more"),
        Field(name="is_system", type=bool, read_only=True, description="Whether it is the management application's"),
        Field(
            name="client_id",
            type=Annotated[str, Meta(min_length=1, max_length=100)],
            required=True,
            on_update=False,
            description="ID of the client",
        ),
        Field(
            name="audience",
            type=Annotated[str, Meta(min_length=1, max_length=IDENTIFIER_CHARS_MAX)],
            required=True,
            on_update=False,
            description="Identifier of the API",
        ),
        Field(
            name="subject_type",
            type=Literal["client", "user"],
            default="client",
            on_update=False,
            description="Whether the client acts for itself or for users",
        ),
        Field(
            name="scope",
            type=Annotated[list[Annotated[str, Meta(min_length=1, max_length=280)]], Meta(max_length=SCOPES_MAX)],
            nullable=True,
            check=_unique,
            description="Scopes allowed for this client grant",
        ),
        Field(
            name="allow_all_scopes",
            type=bool,
            nullable=True,
            description="Whether the grant covers every scope of the API, now and later",
        ),
        _only_neutral("organization_usage", str, "deny", "organizations are"),
        _only_neutral("allow_any_organization", bool, False, "organizations are"),
        Field(
            name="authorization_details_types",
            type=Annotated[list[Annotated[str, Meta(pattern=TYPE_PATTERN)]], Meta(max_length=TYPES_MAX)],
            nullable=True,
            check=_unique,
            description="Types of authorization details (RFC 9396) the client may ask for",
        ),
        _only_neutral("default_for", Any, None, "grants by default are"),
    )
)
"""Name → row."""
