"""Pages: the three styles of auth0.md 4.2.

    plain        nothing asked for      a bare array
    offset       page, per_page         a bare array, or {start, limit, total, <entity>} with include_totals=true
    checkpoint   take, from             {next, <entity>}; next is absent at the end

Checkpoint parameters win over offset ones. A page beyond the end is empty, not an error: pagers stop there.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any, Protocol, TypeVar

import msgspec
from msgspec import Meta

from ..fields import Field, field_table
from ..records import Json
from .query import value_of

PAGE_DEFAULT = 50
PAGE_MAX = 100
PAGE_NUMBER_MAX = 10_000_000
_CURSOR_PREFIX = b"o1:"

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Find(Protocol[T_co]):
    """Finds one stretch of a list; ``limit`` None means to the end."""

    async def __call__(self, *, offset: int, limit: int | None) -> Sequence[T_co]:
        """The records from ``offset`` on."""
        ...


Count = Callable[[], Awaitable[int]]
"""How long the whole list is."""
Shape = Callable[[T], Json]
"""The JSON object of one record."""


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Which stretch was asked for, and in which style the answer goes out."""

    offset: int = 0
    limit: int | None = None
    totals: bool = False
    checkpoint: bool = False

    async def body(self, entity: str, find: Find[T], count: Count, shape: Shape[T]) -> Any:
        """The JSON body; ``entity`` names the array, such as ``clients``."""
        if self.checkpoint:
            assert self.limit is not None  # noqa: S101 - page_of sets it with checkpoint
            found = await find(offset=self.offset, limit=self.limit + 1)
            body: Json = {entity: [shape(record) for record in found[: self.limit]]}
            return body if len(found) <= self.limit else {"next": _cursor(self.offset + self.limit), **body}
        records = [shape(record) for record in await find(offset=self.offset, limit=self.limit)]
        if not self.totals:
            return records
        total = await count()
        return {"start": self.offset, "limit": self.limit, "total": total, entity: records}


def page_of(query: Mapping[str, str]) -> Page:
    """The page a query asks for. Raises :class:`InvalidQuery`."""
    asked = {name: value_of(query, parameter) for name, parameter in PARAMETERS.items()}
    if "take" in query or "from" in query:
        return Page(offset=_offset(asked["from"]), limit=asked["take"], checkpoint=True)
    if "page" in query or "per_page" in query or asked["include_totals"]:
        # per_page=0 is how some ask for the default.
        size = asked["per_page"] or PAGE_DEFAULT
        return Page(offset=asked["page"] * size, limit=size, totals=asked["include_totals"])
    return Page()


def checkpoint_of(query: Mapping[str, str]) -> Page:
    """The page of a list that is always read by checkpoints. Raises :class:`InvalidQuery`."""
    asked = {name: value_of(query, parameter) for name, parameter in CHECKPOINT_PARAMETERS.items()}
    return Page(offset=_offset(asked["from"]), limit=asked["take"], checkpoint=True)


def _cursor(offset: int) -> str:
    return urlsafe_b64encode(_CURSOR_PREFIX + str(offset).encode()).decode().rstrip("=")


def _offset(cursor: str | None) -> int:
    """The place a cursor of ours stands for. Raises ValueError."""
    if not cursor:
        return 0
    try:
        decoded = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        offset = int(decoded.removeprefix(_CURSOR_PREFIX).decode("ascii"))
    except ValueError:
        offset = -1
    if offset < 0 or offset > PAGE_NUMBER_MAX * PAGE_MAX or _cursor(offset) != cursor:
        raise ValueError("This is not a checkpoint of this list")
    return offset


def _check_cursor(cursor: str) -> None:
    _offset(cursor)


PARAMETERS = field_table(
    (
        Field(
            name="page",
            type=Annotated[int, Meta(ge=0, le=PAGE_NUMBER_MAX)],
            default=0,
            description="Number of the page, from 0",
        ),
        Field(
            name="per_page",
            type=Annotated[int, Meta(ge=0, le=PAGE_MAX)],
            default=PAGE_DEFAULT,
            description="Records per page; 0 is the default",
        ),
        Field(name="include_totals", type=bool, default=False, description="Whether the answer has start and total"),
        Field(
            name="take",
            type=Annotated[int, Meta(ge=1, le=PAGE_MAX)],
            default=PAGE_DEFAULT,
            description="Records from a checkpoint on; wins over page",
        ),
        Field(name="from", type=str, check=_check_cursor, description="The checkpoint: next of the answer before"),
    )
)
"""The page."""
CHECKPOINT_PARAMETERS = {name: PARAMETERS[name] for name in ("take", "from", "include_totals")}
"""The page of a list that is always read by checkpoints; totals are not counted there."""
