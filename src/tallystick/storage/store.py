"""The storage: every store protocol of the ground floor in one object; what differs per database is left open.

A database fills in the methods marked abstract; what is read is written once, in `reads`.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any, Protocol, TypeVar

import structlog

from ..clock import Clock
from ..errors import Unavailable
from ..events import Event
from ..onetime import OneTimeValue
from ..records import Change
from .known_revisions import KnownRevisions
from .live_writing import LiveWriting
from .log_purge import LogPurge
from .people_reads import PeopleReads
from .reports import Reports
from .statements import Query, Statements
from .status_reads import StatusReads
from .steps import is_migrated

T = TypeVar("T")

log = structlog.get_logger("tallystick.storage")

BEGIN_ANEW_S = 1.0
"""After it work in the background that failed begins anew: soon, and without filling the log."""
PURGE_EVERY_S = 60.0
PURGE_BATCH = 500
PURGE_GRACE_MS = 300_000
"""Expired one-time values stay this much longer: a node whose clock is behind may still accept their bearer."""


class Exclusive(Protocol):
    """What the holder of the deployment-wide lock may do."""

    async def deployment_get(self, name: str) -> bytes | None:
        """A fact of the deployment, or None."""
        ...

    async def commit(self, changes: Sequence[Change], facts: Mapping[str, bytes]) -> None:
        """Changes of any tenants and facts of the deployment, all or nothing; errors as of :meth:`Storage.commit`."""
        ...


class Storage(Reports, LogPurge, PeopleReads, StatusReads, LiveWriting):
    """Implements `Records`, `LiveRecords`, `Revisions`, `OneTimeStore`, `EventLog`, `LogReader` and `TallyStore`.

    Made by `opening.open_storage`; belongs to one event loop. Every method that asks the database raises
    :class:`Unavailable` when it does not answer.
    """

    def __init__(self, statements: Statements, clock: Clock) -> None:
        self._statements = statements
        self._clock = clock
        self._known = KnownRevisions()
        self._background: list[asyncio.Task[None]] = []
        self._held: set[asyncio.Task[Any]] = set()
        self._closed = False
        # The token path asks on every request: no method between the caller and the knowledge.
        self.known = self._known.known

    # --- what a database fills in

    @abstractmethod
    async def _apply(self, changes: Sequence[Change], facts: Mapping[str, bytes]) -> None:
        """Carry `changes.apply_all` out in one durable transaction."""

    @abstractmethod
    async def _purge(self, before_ms: int) -> int:
        """Delete up to :data:`PURGE_BATCH` one-time values that expired before; how many there were."""

    @abstractmethod
    async def _watch(self) -> None:
        """Keep the known revisions fresh, for ever."""

    @abstractmethod
    async def _close(self) -> None:
        """Write what is queued and let the connections go."""

    @abstractmethod
    async def spend(self, value: OneTimeValue) -> bool:
        """True for exactly one caller per value, ever; durable before it returns."""

    @abstractmethod
    async def record(self, event: Event) -> None:
        """Write the event; durable before it returns."""

    @abstractmethod
    def exclusive(self) -> AbstractAsyncContextManager[Exclusive]:
        """Hold the one lock of the deployment, across processes and nodes; a holder that dies lets go."""

    # --- life

    async def start(self) -> None:
        """Begin to watch revisions and to purge; returns when the revisions are known, or after a second in vain."""
        purges = (self.purge, self._purge_logs, self._forget)
        works: list[Callable[[], Awaitable[None]]] = [self._watch]
        works += [partial(self._again_and_again, purge) for purge in purges]
        for work in works:
            self._background.append(asyncio.create_task(_unbroken(work)))
        deadline_s = time.monotonic() + 1.0
        while self.known("") is None and time.monotonic() < deadline_s:  # noqa: ASYNC110  # once, at start
            await asyncio.sleep(0.005)

    async def close(self) -> None:
        """Finish every write that was handed in, then let go of the database. More writes are refused."""
        if self._closed:
            return
        self._closed = True
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        if self._held:
            await asyncio.wait(self._held)
        await self._close()

    async def ready(self) -> bool:
        """Whether the database is migrated; raises :class:`Unavailable` when it does not answer or is empty."""
        rows = await self._rows(Query("SELECT version_num FROM alembic_version", ()), {})
        return is_migrated([str(row[0]) for row in rows])

    async def database_now_ms(self) -> int | None:
        """What time the database has; None when it has no clock of its own."""
        return None

    async def oldest_signing_keys(self) -> dict[str, int]:
        """Algorithm → since when the oldest current key of any tenant signs, in ms since the epoch."""
        sql = (
            "SELECT alg, MIN(COALESCE(current_since_ms, created_at_ms)) FROM signing_key "
            "WHERE state = 'current' AND revoked_at_ms IS NULL GROUP BY alg"
        )
        return {str(row[0]): int(row[1]) for row in await self._rows(Query(sql, ()), {})}

    async def _again_and_again(self, purge: Callable[[], Awaitable[int]]) -> None:
        while True:
            # Each worker takes a turn now and then; a jitter keeps them from all coming at once.
            await asyncio.sleep(PURGE_EVERY_S * random.uniform(0.5, 1.5))  # noqa: S311  # no secret
            with contextlib.suppress(Unavailable):
                await purge()

    async def _purge_logs(self) -> int:
        return await self.purge_log(self._clock.now_ms())

    async def _forget(self) -> int:
        return await self.forget(self._clock.now_ms())

    async def purge(self) -> int:
        """Delete every one-time value whose time is over, in small batches; how many there were."""
        before_ms, purged = self._clock.now_ms() - PURGE_GRACE_MS, 0
        while True:
            count = await self._purge(before_ms)
            purged += count
            if count < PURGE_BATCH:
                return purged

    async def _hold(self, work: Coroutine[Any, Any, T]) -> T:
        """Let the work finish even when the waiter is cancelled: it is carried out whole, once."""
        task = asyncio.create_task(work)
        self._held.add(task)
        task.add_done_callback(self._held.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(_say_failure)
            raise

    async def commit(self, change: Change) -> None:
        """Apply the change and raise the revision, durable before it returns.

        Raises :class:`~tallystick.records.Stale` when another change came first, `Conflict` when another record has a
        value that must be unique, `InvalidField` for text or a number that no column can hold.
        """
        await self.commit_all((change,), {})

    async def commit_all(self, changes: Sequence[Change], facts: Mapping[str, bytes]) -> None:
        """Several changes, and facts of the deployment, all or nothing; otherwise as :meth:`commit`."""
        await self._hold(self._apply_and_learn(changes, facts))

    async def _apply_and_learn(self, changes: Sequence[Change], facts: Mapping[str, bytes]) -> None:
        await self._apply(changes, facts)
        self._learn(changes)

    def _learn(self, changes: Iterable[Change]) -> None:
        for change in changes:
            self._known.learn(change.tenant_id, change.base_revision + 1)


async def _unbroken(work: Callable[[], Awaitable[None]]) -> None:
    """Work in the background begins anew after what it did not foresee: nobody would notice that a worker lives on
    without its watch."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("what the storage does in the background begins anew")
        await asyncio.sleep(BEGIN_ANEW_S)


def _say_failure(write: asyncio.Task[Any]) -> None:
    if not write.cancelled() and (problem := write.exception()) is not None:
        log.warning("a write failed that nobody waits for any more", reason=str(problem))
