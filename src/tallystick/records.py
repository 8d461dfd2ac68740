"""Records: what the house keeps, and the one small protocol of the store that keeps it.

A record is a frozen value that belongs to a tenant. Rooms read records, decide, and describe what shall be
different as a :class:`Change`; the store applies a change whole or not at all. Every tenant has a *revision* that
each change raises by one: a change names the revision it was decided on, and is refused as :class:`Stale` when
another came first. So rules that look at several rows (one key one usage, limits) hold without locks, and
the revision tells every worker when what it remembers is out of date.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import Enum
from typing import Any, Final, Generic, Protocol, TypeVar

import msgspec

from .events import Event
from .recent import Recent

ATTEMPTS = 50
"""How often a change is decided anew before the caller is told to come back; each loss means another worker's win."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """The base of everything kept; ``tenant_id`` is part of every key, so nothing leaks between tenants."""

    tenant_id: str


R = TypeVar("R", bound=Record)
T = TypeVar("T")


class Stale(Exception):
    """Another change of the same tenant came first; decide again."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What shall be different in one tenant, all or nothing."""

    tenant_id: str
    base_revision: int
    """The revision that the decision looked at."""
    saves: Sequence[Record] = ()
    """Records to insert, or to replace by their key."""
    erasures: Sequence[Record] = ()
    """Records to remove by their key."""
    events: Sequence[Event] = ()
    """Log rows that are written with the change."""


class Records(Protocol):
    """Keeps records. Filters compare for equality; a tuple, list or frozenset as a value means "one of"."""

    async def get(self, kind: type[R], tenant_id: str, *key: str) -> R | None:
        """The record with this key, or None."""
        ...

    async def find(
        self,
        kind: type[R],
        tenant_id: str | None,
        *,
        where: Mapping[str, object] | None = None,
        newest_first: bool = False,
        offset: int = 0,
        limit: int | None = None,
    ) -> list[R]:
        """Records in the order they were made; ``tenant_id`` None searches every tenant, never inside a request."""
        ...

    async def count(self, kind: type[R], tenant_id: str, *, where: Mapping[str, object] | None = None) -> int:
        """How many records :meth:`find` would give without a limit."""
        ...

    async def revision(self, tenant_id: str) -> int:
        """The tenant's revision as the database has it now; 0 for a tenant that does not exist yet."""
        ...

    async def commit(self, change: Change) -> None:
        """Apply the change and raise the revision, durable before it returns; raises :class:`Stale`."""
        ...


class Revisions(Protocol):
    """What a worker knows of the revisions without asking the database."""

    def known(self, tenant_id: str) -> int | None:
        """The revision seen last, at most 500 ms old; None when the database has not answered lately."""
        ...


class Decision(msgspec.Struct, Generic[T], frozen=True):
    """What a decision answers: the result for the caller, and what shall be different."""

    result: T
    saves: Sequence[Record] = ()
    erasures: Sequence[Record] = ()
    events: Sequence[Event] = ()


class Writer:
    """Carries decisions out: read the revision, decide, commit, and decide again when another change came first."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self._turns: dict[str, asyncio.Lock] = {}

    async def carry_out(self, tenant_id: str, decide: Callable[[], Awaitable[Decision[T]]]) -> T:
        """Run ``decide`` until its change holds. ``decide`` must read what it needs inside, each time anew."""
        async with self._turns.setdefault(tenant_id, asyncio.Lock()):
            for attempt in range(ATTEMPTS):
                base_revision = await self.records.revision(tenant_id)
                decision = await decide()
                change = Change(
                    tenant_id=tenant_id,
                    base_revision=base_revision,
                    saves=decision.saves,
                    erasures=decision.erasures,
                    events=decision.events,
                )
                try:
                    await self.records.commit(change)
                except Stale:
                    await asyncio.sleep(0.001 * min(attempt, 20))
                    continue
                return decision.result
        raise Stale(f"tenant {tenant_id} changed {ATTEMPTS} times while one change was decided")


class Forgotten(Enum):
    """The type of :data:`FORGOTTEN`, so that None can be a remembered value."""

    FORGOTTEN = "forgotten"


FORGOTTEN: Final = Forgotten.FORGOTTEN


KEY_CHARS_MAX = 1_024
"""Of what is remembered: names of ours are shorter, and a stranger's, which name nothing, would fill the memory."""


class RevisionCache(Generic[T]):
    """Remembers values per tenant and key while the tenant's revision stands still; absent values (None) too.

    When the revision is not known (the database has been silent), nothing remembered is used: closed by default.
    """

    def __init__(self, revisions: Revisions, entries_max: int = 20_000) -> None:
        self._revisions = revisions
        self._entries: Recent[tuple[str, str], tuple[int, T]] = Recent(entries_max)

    def remembered(self, tenant_id: str, key: str) -> T | Forgotten:
        """The remembered value, or :data:`FORGOTTEN`: what the token path asks first, without a coroutine."""
        entry = self._entries.get((tenant_id, key))
        if entry is not None and entry[0] == self._revisions.known(tenant_id):
            return entry[1]
        return FORGOTTEN

    async def get(self, tenant_id: str, key: str, load: Callable[[], Awaitable[T]]) -> T:
        """The remembered value, or what ``load`` answers now."""
        revision = self._revisions.known(tenant_id)
        entry = self._entries.get((tenant_id, key))
        if entry is not None and entry[0] == revision:
            return entry[1]
        value = await load()
        if revision is not None and len(key) <= KEY_CHARS_MAX:
            # Labelled with the revision known *before* loading: at worst it is loaded once more.
            self._entries.keep((tenant_id, key), (revision, value))
        return value


Json = dict[str, Any]
"""A JSON object, as decoded."""

DEPLOYMENT = ""
"""The scope of what belongs to no single tenant: which tenants and hosts there are. It has a revision like a tenant."""
