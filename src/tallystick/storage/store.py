"""The storage: every store protocol of the ground floor in one object; what differs per database is left open.

A database fills in the methods that begin with an underscore. Reads and changes are written once, here.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from abc import ABC, abstractmethod
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar

from ..clock import Clock
from ..errors import Unavailable
from ..events import Event
from ..onetime import OneTimeValue
from ..records import Change, Record
from . import schema
from .known_revisions import KnownRevisions
from .logrows import LogRow, log_row, seq_of
from .mapping import TABLES, Shape, filter_of, key_of, record_of, storable
from .migrate import is_migrated
from .statements import Query, Statements

R = TypeVar("R", bound=Record)
T = TypeVar("T")

OFFSET_MAX = 2**31 - 1
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


class Storage(ABC):
    """Implements `Records`, `Revisions`, `OneTimeStore` and `EventLog`; made by `opening.open_storage`.

    Belongs to one event loop. Every method that asks the database raises :class:`Unavailable` when it does not answer.
    """

    def __init__(self, statements: Statements, clock: Clock) -> None:
        self._statements = statements
        self._clock = clock
        self._known = KnownRevisions()
        self._background: list[asyncio.Task[None]] = []
        self._held: set[asyncio.Task[Any]] = set()
        # The token path asks on every request: no method between the caller and the knowledge.
        self.known = self._known.known

    # --- what a database fills in

    @abstractmethod
    async def _rows(self, query: Query, values: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        """All rows of a reading statement."""

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
        self._background = [asyncio.create_task(self._watch()), asyncio.create_task(self._purge_for_ever())]
        deadline_s = time.monotonic() + 1.0
        while self.known("") is None and time.monotonic() < deadline_s:  # noqa: ASYNC110  # once, at start
            await asyncio.sleep(0.005)

    async def close(self) -> None:
        """Finish every write that was handed in, then let go of the database. More writes are refused."""
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

    async def _purge_for_ever(self) -> None:
        while True:
            # Each worker takes a turn now and then; a jitter keeps them from all coming at once.
            await asyncio.sleep(PURGE_EVERY_S * random.uniform(0.5, 1.5))  # noqa: S311  # no secret
            with contextlib.suppress(Unavailable):
                await self.purge()

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
        return await asyncio.shield(task)

    # --- records

    async def _select(self, kind: type[R], where: Mapping[str, object], **page: Any) -> list[R]:
        table = TABLES[kind]
        filtered = filter_of(table, where)
        if filtered is None:
            return []
        shape, values = filtered
        limited = "limit" in page
        query = self._statements.select(table, shape, newest_first=page.pop("newest_first", False), limited=limited)
        return [record_of(kind, row) for row in await self._rows(query, values | page)]

    async def get(self, kind: type[R], tenant_id: str, *key: str) -> R | None:
        """The record with this key, or None."""
        found = await self._select(kind, dict(zip(key_of(TABLES[kind]), (tenant_id, *key), strict=True)))
        return found[0] if found else None

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
        """Records in the order they were made; ``tenant_id`` None searches every tenant."""
        filters = dict(where or {}) if tenant_id is None else {**(where or {}), "tenant_id": tenant_id}
        if limit is None and offset == 0:
            return await self._select(kind, filters, newest_first=newest_first)
        page = _page(offset, OFFSET_MAX if limit is None else limit)
        return await self._select(kind, filters, newest_first=newest_first, **page)

    async def count(self, kind: type[R], tenant_id: str, *, where: Mapping[str, object] | None = None) -> int:
        """How many records :meth:`find` would give without a limit."""
        filtered = filter_of(TABLES[kind], {**(where or {}), "tenant_id": tenant_id})
        if filtered is None:
            return 0
        rows = await self._rows(self._statements.count(TABLES[kind], filtered[0]), filtered[1])
        return int(rows[0][0])

    async def revision(self, tenant_id: str) -> int:
        """The tenant's revision as the database has it now; 0 for a tenant that does not exist yet."""
        value = await self._value(schema.revision, "revision", tenant_id)
        return int(value or 0)

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

    # --- facts of the deployment

    async def deployment_get(self, name: str) -> bytes | None:
        """A fact of the deployment, or None."""
        value = await self._value(schema.deployment, "value", name)
        return None if value is None else bytes(value)

    async def _value(self, table: Any, column: str, key: str) -> Any:
        if not storable(key):
            return None
        (key_column,) = table.primary_key
        rows = await self._rows(self._statements.value(table, column), {f"key_{key_column.name}": key})
        return rows[0][0] if rows else None

    # --- the log

    async def log_page(
        self,
        tenant_id: str,
        *,
        after_seq: int | None = None,
        before_seq: int | None = None,
        where: Mapping[str, object] | None = None,
        newest_first: bool = True,
        offset: int = 0,
        limit: int = 50,
    ) -> list[LogRow]:
        """Log rows between two numbers, both excluded; ``where`` names ``type``, ``client_id``, ``correlation_id``."""
        filtered = filter_of(schema.log, {**(where or {}), "tenant_id": tenant_id})
        if filtered is None:
            return []
        shape: Shape = filtered[0]
        bounds = {name: seq for name, seq in (("after", after_seq), ("before", before_seq)) if seq is not None}
        query = self._statements.log_page(shape, tuple(bounds), newest_first=newest_first)
        rows = await self._rows(query, filtered[1] | bounds | _page(offset, limit))
        return [log_row(*row) for row in rows]

    async def log_count(self, tenant_id: str, *, where: Mapping[str, object] | None = None) -> int:
        """How many rows :meth:`log_page` could give."""
        filtered = filter_of(schema.log, {**(where or {}), "tenant_id": tenant_id})
        if filtered is None:
            return 0
        rows = await self._rows(self._statements.count(schema.log, filtered[0]), filtered[1])
        return int(rows[0][0])

    async def log_get(self, tenant_id: str, log_id: str) -> LogRow | None:
        """The row with this id, or None."""
        seq = seq_of(log_id)
        rows = [] if seq is None else await self.log_page(tenant_id, where={"seq": seq}, limit=1)
        return next((row for row in rows if row.log_id == log_id), None)


def _page(offset: int, limit: int) -> dict[str, int]:
    return {"offset": min(max(offset, 0), OFFSET_MAX), "limit": min(max(limit, 0), OFFSET_MAX)}
