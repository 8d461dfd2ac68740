"""What a route says of itself beyond what the door enforces: the body it takes, the answers it gives.

The OpenAPI document is made from these; both name tables of `fields`, so that neither can drift from the checks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from ..fields import Field, FieldTable
from ..web.request import BODY_BYTES_MAX

WARNINGS = Field(name="warnings", type=list[str], description="What was noticed or done beside what was asked")
"""The member that answers to changes may have beside the record itself."""


class Body(msgspec.Struct, frozen=True):
    """The JSON object that a call takes, by the table that checks it."""

    name: str
    """Of the schema, such as ``CreateClient``."""
    fields: FieldTable = {}
    update: bool = False
    """Whether it is checked as an update: nothing is required, no default is filled in."""
    by: str = ""
    """The member whose value chooses among ``kinds``; then ``fields`` does not count."""
    kinds: Mapping[str, FieldTable] = {}
    required: tuple[str, ...] = ()
    """Members that must be there beyond what the rows say."""
    exactly_one: Mapping[str, tuple[str, ...]] = {}
    """By the value of ``by``: members of which exactly one must be there."""
    items: Any = None
    """The type of the items where the body is a JSON array; then it has no members."""
    is_multipart: bool = False
    """Whether it is ``multipart/form-data`` (RFC 7578), each member a part."""
    bytes_max: int = BODY_BYTES_MAX
    """How large it may be."""


class Shown(msgspec.Struct, frozen=True):
    """One JSON object as it is answered."""

    name: str
    """Of the schema, such as ``Client``."""
    fields: FieldTable
    """A nullable row may be answered as null; rows of a body that never are pass through :func:`kept`."""
    optional: tuple[str, ...] = ()
    """Members that may be left out; where the call has the parameter ``fields``, all may."""
    open: bool = False
    """Whether members may come that the table does not name."""
    id: str = "id"
    """The member that names it in paths."""


def kept(fields: FieldTable) -> FieldTable:
    """The rows of a body as its members are answered: a null clears one, so none is ever null."""
    return {name: replace(row, nullable=False) for name, row in fields.items()}


def all_but(fields: FieldTable, *always: str) -> tuple[str, ...]:
    """The optional members where only a few are never left out."""
    return tuple(name for name in fields if name not in always)


class Many(msgspec.Struct, frozen=True):
    """A bare array of objects."""

    of: Shown


class Pages(msgspec.Struct, frozen=True):
    """A list in the three styles of `pagination`; ``entity`` is the array's name in the two that have one."""

    of: Shown
    entity: str
    incomplete: bool = False
    """Whether counting may end early; then the object with the total says ``incomplete``."""


class Checkpoints(msgspec.Struct, frozen=True):
    """A list that is always read from checkpoint to checkpoint."""

    of: Shown
    entity: str


class Strings(msgspec.Struct, frozen=True):
    """A bare array of strings."""


class Number(msgspec.Struct, frozen=True):
    """A bare number, such as ``7``."""


Shape = Shown | Many | Pages | Checkpoints | Strings | Number | None
"""The JSON of an answer; None has no body."""
