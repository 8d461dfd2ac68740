"""SQLite: one writer thread with group commit, reads in the loop's own thread, several processes on one file."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.dialects import sqlite

from ..clock import Clock
from ..errors import Unavailable
from ..events import Event
from ..metrics import ONE_TIME_VALUES, SEEN_BEFORE, SPENT
from ..onetime import OneTimeValue
from ..records import Change
from .changes import Steps, apply_all
from .log_purge import LOG_PURGE_BATCH
from .log_reads import LARGEST_SEQ
from .logrows import row_of_event
from .mapping import clamped
from .sqlite_batch import LOG_COLUMNS, LogRow, Spend
from .sqlite_file import connect, locked
from .sqlite_writer import Insert, SqliteWriter
from .statements import Query, Statements
from .store import PURGE_BATCH, Exclusive, Storage

WATCH_EVERY_S = 0.1
READ_TIMEOUT_S = 1.0
"""Reads happen in the loop: in WAL mode they wait only while another process recovers or closes the file."""
PURGE = (
    "DELETE FROM one_time WHERE key IN "
    "(SELECT key FROM one_time WHERE expires_at_ms < ? ORDER BY expires_at_ms LIMIT ?)"
)
PURGE_LOG = (
    "DELETE FROM log WHERE seq IN (SELECT seq FROM "
    "(SELECT seq, at_ms FROM log WHERE tenant_id = ? ORDER BY seq LIMIT ?) WHERE at_ms < ?)"
)
STATEMENTS = Statements(sqlite.dialect(paramstyle="qmark"))
"""Of the process, not of one storage: whatever is opened next finds them written."""


class SqliteStorage(Storage):
    """Keeps everything in one file."""

    def __init__(self, path: str, clock: Clock) -> None:
        super().__init__(STATEMENTS, clock)
        self._path = path
        self._reader = connect(path, READ_TIMEOUT_S)
        self._writer = SqliteWriter(connect(path), path + ".turn")

    async def _rows(self, query: Query, values: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        try:
            # Fetching all ends the read: a snapshot held open would keep the write-ahead log growing.
            return self._reader.execute(query.sql, query.arguments(values)).fetchall()
        except sqlite3.Error as error:
            raise Unavailable("the database did not answer") from error

    async def spend(self, value: OneTimeValue) -> bool:
        """True for exactly one caller per value, ever; durable before it returns."""
        is_first = await self._writer.submit(Spend(value.key(), clamped(value.expires_at_ms))) == 1
        ONE_TIME_VALUES.add(SPENT if is_first else SEEN_BEFORE)
        return is_first

    async def record(self, event: Event) -> None:
        """Write the event; durable before it returns."""
        row = row_of_event(event)
        await self._writer.submit(LogRow(tuple(row[name] for name in LOG_COLUMNS)))

    async def _apply(self, changes: Sequence[Change], facts: Mapping[str, bytes]) -> None:
        await self._carry_out(lambda: apply_all(self._statements, changes, facts))

    async def _carry_out(self, steps: Callable[[], Steps]) -> None:
        await self._writer.submit(steps)

    async def _purge(self, before_ms: int) -> int:
        return await self._writer.submit(Insert(PURGE, (before_ms, PURGE_BATCH)))

    async def _purge_log(self, tenant_id: str, before_ms: int) -> int:
        return await self._writer.submit(Insert(PURGE_LOG, (tenant_id, LOG_PURGE_BATCH, before_ms)))

    async def log_settled_seq(self) -> int:
        """The last one: there is one writer at a time, so that rows appear in the order of their numbers."""
        return int((await self._rows(LARGEST_SEQ, {}))[0][0])

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[Exclusive]:
        """Hold the one lock of the deployment, across processes; a holder that dies lets go."""
        async with locked(self._path + ".lock"):
            yield _Holder(self)

    async def _watch(self) -> None:
        seen_version: int | None = None
        every_revision = Query("SELECT tenant_id, revision FROM revision", ())
        while True:
            looked_s = time.monotonic()
            try:
                # The version is read first: what is committed between the two reads shows again at the next look.
                version = self._reader.execute("PRAGMA data_version").fetchall()[0][0]
                if version != seen_version:
                    self._known.learn_all((str(row[0]), int(row[1])) for row in await self._rows(every_revision, {}))
                    seen_version = version
                self._known.looked(looked_s)
            except (sqlite3.Error, Unavailable):
                seen_version = None
            await asyncio.sleep(WATCH_EVERY_S)

    async def _close(self) -> None:
        await self._writer.close()
        self._reader.close()


class _Holder:
    """The storage, as the holder of the lock sees it."""

    def __init__(self, storage: SqliteStorage) -> None:
        self.deployment_get = storage.deployment_get
        self._storage = storage

    async def commit(self, changes: Sequence[Change], facts: Mapping[str, bytes]) -> None:
        """Changes and facts, all or nothing."""
        await self._storage.commit_all(changes, facts)
