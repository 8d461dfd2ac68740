"""What a route says of itself beyond what the door enforces: the body it takes, the answers it gives.

The OpenAPI document is made from these; both name tables of `fields`, so that neither can drift from the checks.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ..fields import FieldTable


class Body(msgspec.Struct, frozen=True):
    """The JSON object that a call takes, by the table that checks it."""

    name: str
    """Of the schema, such as ``CreateClient``."""
    fields: FieldTable | Mapping[str, FieldTable]
    """The table; or several, each under its value of the member ``by``."""
    update: bool = False
    """Whether it is checked as an update: nothing is required, no default is filled in."""
    by: str = ""
    required: tuple[str, ...] = ()
    """Members that must be there beyond what the rows say."""


class Shown(msgspec.Struct, frozen=True):
    """One JSON object as it is answered."""

    name: str
    """Of the schema, such as ``Client``."""
    fields: FieldTable
    optional: tuple[str, ...] = ()
    """Members that may be left out; where the call has the parameter ``fields``, all may."""
    open: bool = False
    """Whether members may come that the table does not name."""


class Many(msgspec.Struct, frozen=True):
    """A bare array of objects."""

    of: Shown


class Pages(msgspec.Struct, frozen=True):
    """A list in the three styles of `pagination`; ``entity`` is the array's name in the two that have one."""

    of: Shown
    entity: str


Shape = Shown | Many | Pages | None
"""The JSON of an answer; None has no body."""
