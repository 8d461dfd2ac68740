"""Tallies: what happens at every request is counted in memory and added to the database every few seconds.

A notch costs two dictionary look-ups; the database sees one small transaction per worker and interval, however many
requests there were. What a worker counted since the last one is lost when it is killed: nothing that decides about a
request may rest on a tally. The log, which is durable before each answer, has every single use.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Protocol, TypeVar

import msgspec
import structlog

from .clock import DAY_MS
from .errors import Unavailable

FLUSH_EVERY_S = 2.0

_Key = TypeVar("_Key")

log = structlog.get_logger("tallystick.tallies")


class CredentialUses(msgspec.Struct, frozen=True, kw_only=True):
    """How often one credential proved its client, and when it did so last."""

    tenant_id: str
    credential_id: str
    last_used_at_ms: int
    uses: int


class DailyCount(msgspec.Struct, frozen=True, kw_only=True):
    """How often something happened in a tenant on one day; ``name`` is a log type code, such as ``seccft``."""

    tenant_id: str
    day: str
    """UTC, ``YYYY-MM-DD``."""
    name: str
    count: int
    updated_at_ms: int


class TallyStore(Protocol):
    """Keeps tallies."""

    async def add_tallies(self, uses: Sequence[CredentialUses], counts: Sequence[DailyCount]) -> None:
        """Add to what is there: uses and counts are sums, dates move forward only."""
        ...

    async def credential_uses(self, tenant_id: str, credential_ids: Collection[str]) -> dict[str, CredentialUses]:
        """By credential; one that was never used is not among them."""
        ...

    async def daily_counts(self, tenant_id: str, from_day: str, to_day: str) -> list[DailyCount]:
        """The counts of these days, both included, by day and name."""
        ...


class Tallies:
    """Counts in this worker, and adds to the store."""

    def __init__(self, store: TallyStore) -> None:
        self._store = store
        self._uses: dict[tuple[str, str], tuple[int, int]] = {}
        """(tenant, credential) → (last used, uses)."""
        self._counts: dict[tuple[str, int, str], tuple[int, int]] = {}
        """(tenant, day since the epoch, name) → (last time, count)."""
        self._flushing: asyncio.Task[None] | None = None

    def used(self, tenant_id: str, credential_id: str, now_ms: int) -> None:
        """A credential proved its client."""
        key = (tenant_id, credential_id)
        last_ms, uses = self._uses.get(key, (0, 0))
        self._uses[key] = (max(last_ms, now_ms), uses + 1)

    def counted(self, tenant_id: str, name: str, now_ms: int) -> None:
        """It happened once more; ``name`` is one of our own table, never a stranger's word."""
        key = (tenant_id, now_ms // DAY_MS, name)
        last_ms, count = self._counts.get(key, (0, 0))
        self._counts[key] = (max(last_ms, now_ms), count + 1)

    async def flush(self) -> None:
        """Add what was counted to the store. Raises Unavailable, and then keeps it for the next time."""
        uses, self._uses = self._uses, {}
        counts, self._counts = self._counts, {}
        if not uses and not counts:
            return
        try:
            await self._store.add_tallies(_uses(uses), _counts(counts))
        except BaseException:
            self._uses = _sum(uses, self._uses)
            self._counts = _sum(counts, self._counts)
            raise

    def start(self) -> None:
        """Flush every :data:`FLUSH_EVERY_S` from now on."""
        self._flushing = asyncio.create_task(self._flush_for_ever())

    async def close(self) -> None:
        """Flush a last time."""
        if self._flushing is not None:
            self._flushing.cancel()
            await asyncio.gather(self._flushing, return_exceptions=True)
        await self._flush_or_tell()

    async def _flush_for_ever(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_EVERY_S)
            await self._flush_or_tell()

    async def _flush_or_tell(self) -> None:
        try:
            await self.flush()
        except Unavailable as error:
            # Whoever is refused for the database's silence is told so; here there is nobody to tell.
            log.warning("tallies wait for the database", reason=str(error))
        except Exception:
            # The next flush may go well, and what could not be written waits for it.
            log.exception("tallies were not written")


def _sum(one: dict[_Key, tuple[int, int]], other: dict[_Key, tuple[int, int]]) -> dict[_Key, tuple[int, int]]:
    added = dict(one)
    for key, (last_ms, count) in other.items():
        before_ms, before = added.get(key, (0, 0))
        added[key] = (max(before_ms, last_ms), before + count)
    return added


def _uses(kept: dict[tuple[str, str], tuple[int, int]]) -> list[CredentialUses]:
    """In the order of their keys: two workers that wait for each other's rows would be a deadlock."""
    return [
        CredentialUses(tenant_id=tenant_id, credential_id=credential_id, last_used_at_ms=last_ms, uses=uses)
        for (tenant_id, credential_id), (last_ms, uses) in sorted(kept.items())
    ]


def _counts(kept: dict[tuple[str, int, str], tuple[int, int]]) -> list[DailyCount]:
    return [
        DailyCount(tenant_id=tenant_id, day=day_of(day * DAY_MS), name=name, count=count, updated_at_ms=last_ms)
        for (tenant_id, day, name), (last_ms, count) in sorted(kept.items())
    ]


def day_of(ms: int) -> str:
    """The day of a moment, UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d")
