"""``fields`` and ``include_fields``: which members an answer shall have (auth0.md 4.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from ..fields import Field, field_table
from ..records import Json
from .query import value_of

_Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]*\Z")]

FIELDS_PARAMETERS = field_table(
    (
        Field(name="fields", type=list[_Name], description="Members to answer, separated by commas"),
        Field(name="include_fields", type=bool, default=True, description="false answers all others instead of fields"),
    )
)
"""Which members an answer shall have."""


class FieldChoice(msgspec.Struct, frozen=True):
    """Which members an answer shall have."""

    names: frozenset[str] | None = None
    include: bool = True

    def of(self, body: Json) -> Json:
        """``body`` with only the members asked for."""
        if self.names is None:
            return body
        return {name: value for name, value in body.items() if (name in self.names) == self.include}


def field_choice(query: Mapping[str, str]) -> FieldChoice:
    """``fields=a,b`` and ``include_fields``. Raises :class:`InvalidQuery`."""
    include = value_of(query, FIELDS_PARAMETERS["include_fields"])
    names = frozenset(name for name in value_of(query, FIELDS_PARAMETERS["fields"]) or () if name)
    return FieldChoice(names or None, include)
