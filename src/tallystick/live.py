"""Live records: what changes whenever somebody signs in, such as sessions, codes and token families.

They stand beside the records of `records`, which are configuration: there a change raises the tenant's revision, and
every worker reads anew. Nothing of that happens here. Each live record has a *version* of its own instead: a write
names the version it was decided on, and is refused as :class:`~tallystick.records.Stale` when another came first. So a
code is redeemed once and a refresh token rotates once, on either database, however many workers try.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar

from msgspec.structs import replace

from .events import Event
from .records import Record, Stale

ATTEMPTS = 50
"""Of as many that write one record at once, one comes through each time."""


class LiveRecord(Record, frozen=True, kw_only=True):
    """The base of what is kept live."""

    version: int = 0
    """How often it was written; 0 has not been written yet. The store raises it with each write."""


L = TypeVar("L", bound=LiveRecord)


class LiveRecords(Protocol):
    """Keeps live records. Nothing is remembered: what is read is what the database has. Filters as in `Records`."""

    async def get(self, kind: type[L], tenant_id: str, *key: str) -> L | None:
        """The record with this key, or None."""
        ...

    async def find(
        self,
        kind: type[L],
        tenant_id: str | None,
        *,
        where: Mapping[str, object] | None = None,
        newest_first: bool = False,
        offset: int = 0,
        limit: int | None = None,
    ) -> list[L]:
        """Records in the order they were made; ``tenant_id`` None searches every tenant, never inside a request."""
        ...

    async def due(self, kind: type[L], moment: str, until_ms: int, limit: int) -> list[L]:
        """Records of every tenant whose ``moment``, a field with milliseconds, has come; the earliest first."""
        ...

    async def count(self, kind: type[L], tenant_id: str, *, where: Mapping[str, object] | None = None) -> int:
        """How many records :meth:`find` would give without a limit."""
        ...

    async def write(
        self,
        *,
        saves: Sequence[LiveRecord] = (),
        erasures: Sequence[LiveRecord] = (),
        events: Sequence[Event] = (),
    ) -> None:
        """All of it or nothing, durable before it returns; one save or erasure at least.

        A record of version 0 is inserted; any other replaces, or is erased, if it still has its version. Raises
        :class:`~tallystick.records.Stale` when it has not, and `errors.Conflict` when another record has a value that
        must be unique.
        """
        ...

    async def erase_where(self, kind: type[L], tenant_id: str, where: Mapping[str, object]) -> int:
        """Erase every record that matches, whatever its version; how many there were."""
        ...


async def rewritten(
    live: LiveRecords, record: L, key: str, decide: Callable[[L], L], events: Sequence[Event] = ()
) -> L | None:
    """The record as ``decide`` makes it, written together with ``events``; None when it is gone meanwhile.

    When another write came first, it is read again under its ``key`` and decided anew. What ``decide`` gives back as it
    came is not written. Raises Stale after :data:`ATTEMPTS`, and what ``decide`` raises.
    """
    for _ in range(ATTEMPTS):
        changed = decide(record)
        if changed is record:
            return record
        try:
            await live.write(saves=(changed,), events=events)
        except Stale:
            again = await live.get(type(record), record.tenant_id, key)
            if again is None:
                return None
            record = again
            continue
        return replace(changed, version=changed.version + 1)
    raise Stale(f"a {type(record).__name__} changed {ATTEMPTS} times while one change of it was decided")
