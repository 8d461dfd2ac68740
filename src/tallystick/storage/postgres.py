"""PostgreSQL: any number of workers and nodes on one database."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg

from ..clock import Clock
from ..errors import StartupError
from ..events import Event
from ..metrics import ONE_TIME_VALUES, SEEN_BEFORE, SPENT
from ..onetime import OneTimeValue
from ..records import Change
from .changes import Steps, apply_all
from .group_commit import GroupCommit
from .log_purge import LOG_PURGE_BATCH
from .logrows import row_of_event
from .mapping import clamped
from .postgres_line import COMMAND_TIMEOUT_S, CONNECT_TIMEOUT_S, FAILURES, SERVER_SETTINGS, Line, settle, unavailable
from .postgres_settled import Settled
from .statements import Query, Statements
from .store import PURGE_BATCH, Exclusive, Storage

POOL_MAX = 8
WATCH_EVERY_S = 0.25
LOOK_TIMEOUT_S = 1.0
CHANNEL = "tallystick_revision"
EXCLUSIVE_LOCK = 0x74616C6C_79000002
"""The advisory lock of :meth:`PostgresStorage.exclusive`."""

SPEND = (
    "INSERT INTO one_time (key, expires_at_ms) SELECT * FROM unnest($1::bytea[], $2::bigint[]) "
    "ON CONFLICT DO NOTHING RETURNING key"
)
LOG = (
    "INSERT INTO log (tenant_id, type, at_ms, client_id, correlation_id, document) "
    "SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[]) "
    "WHERE pg_current_xact_id() IS NOT NULL"
)
"""The condition is asked once, before the first row: the transaction has its id before a row takes its number, on which
`postgres_settled` counts."""
LOG_COLUMNS = ("tenant_id", "type", "at_ms", "client_id", "correlation_id", "document")
PURGE = (
    "DELETE FROM one_time WHERE key IN (SELECT key FROM one_time WHERE expires_at_ms < $1 "
    "ORDER BY expires_at_ms LIMIT $2 FOR UPDATE SKIP LOCKED)"
)
PURGE_LOG = (
    "DELETE FROM log WHERE seq IN (SELECT seq FROM "
    "(SELECT seq, at_ms FROM log WHERE tenant_id = $1 ORDER BY seq LIMIT $2 FOR UPDATE SKIP LOCKED) AS oldest "
    "WHERE at_ms < $3)"
)
NOTIFY = f"SELECT pg_notify('{CHANNEL}', $1)"
REVISIONS = "SELECT tenant_id, revision FROM revision"
STATEMENTS = Statements(PGDialect_asyncpg())  # type: ignore[no-untyped-call]  # SQLAlchemy leaves its dialects untyped
"""Of the process, not of one storage: whatever is opened next finds them written."""


class PostgresStorage(Storage):
    """One-time values and log rows each have a connection of their own; records share a small pool."""

    def __init__(self, dsn: str, pool: Any, clock: Clock) -> None:
        super().__init__(STATEMENTS, clock)
        self._pool = pool
        self._dsn = dsn
        self._spend_line, self._log_line, self._watch_line = Line(dsn), Line(dsn), Line(dsn)
        self._settled = Settled(self._rows)
        self._spends: GroupCommit[tuple[bytes, int], bool] = GroupCommit(self._spend_batch)
        self._logs: GroupCommit[dict[str, Any], None] = GroupCommit(self._log_batch)

    @classmethod
    async def connect(cls, dsn: str, clock: Clock) -> PostgresStorage:
        """The storage, connected; raises :class:`StartupError`."""
        try:
            pool = await asyncpg.create_pool(
                dsn,
                min_size=1,
                max_size=POOL_MAX,
                init=settle,
                timeout=CONNECT_TIMEOUT_S,
                command_timeout=COMMAND_TIMEOUT_S,
                server_settings=SERVER_SETTINGS,
            )
        except FAILURES as error:
            raise StartupError(f"the database does not answer: {str(error).partition(chr(10))[0]}") from error
        except ValueError:
            # What cannot be read may be a piece of the password: neither the text nor the cause goes on.
            raise StartupError("the database URL is not well-formed") from None
        return cls(dsn, pool, clock)

    # --- one-time values and log rows, in groups

    async def spend(self, value: OneTimeValue) -> bool:
        """True for exactly one caller per value, ever; durable before it returns."""
        is_first = await self._spends.submit((value.key(), clamped(value.expires_at_ms)))
        ONE_TIME_VALUES.add(SPENT if is_first else SEEN_BEFORE)
        return is_first

    async def _spend_batch(self, values: list[tuple[bytes, int]]) -> list[bool | Exception]:
        # In one order everywhere: two nodes that wait for each other's keys would be a deadlock.
        rows = sorted(values)
        with unavailable():
            won = await self._spend_line.fetch(SPEND, [key for key, _ in rows], [expires for _, expires in rows])
        # Of equal values in one batch the database inserted one: the first to come has it.
        left = {row[0] for row in won}
        results: list[bool | Exception] = []
        for key, _ in values:
            results.append(key in left)
            left.discard(key)
        return results

    async def record(self, event: Event) -> None:
        """Write the event; durable before it returns."""
        await self._logs.submit(row_of_event(event))

    async def _log_batch(self, rows: list[dict[str, Any]]) -> list[Exception | None]:
        with unavailable():
            await self._log_line.fetch(LOG, *([row[name] for row in rows] for name in LOG_COLUMNS))
        return [None] * len(rows)

    async def _purge(self, before_ms: int) -> int:
        with unavailable():
            return _touched(await self._pool.execute(PURGE, before_ms, PURGE_BATCH))

    async def _purge_log(self, tenant_id: str, before_ms: int) -> int:
        with unavailable():
            return _touched(await self._pool.execute(PURGE_LOG, tenant_id, LOG_PURGE_BATCH, before_ms))

    async def log_settled_seq(self) -> int:
        """A number up to which the log is whole; see `postgres_settled`."""
        return await self._settled.seq()

    # --- records

    async def _rows(self, query: Query, values: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        with unavailable():
            rows: Sequence[Sequence[Any]] = await self._pool.fetch(query.sql, *query.arguments(values))
        return rows

    async def _apply(self, changes: Sequence[Change], facts: Mapping[str, bytes]) -> None:
        with unavailable():
            async with self._pool.acquire(timeout=COMMAND_TIMEOUT_S) as connection:
                await self._apply_on(connection, changes, facts)

    async def _apply_on(self, connection: Any, changes: Sequence[Change], facts: Mapping[str, bytes]) -> None:
        async with connection.transaction():
            await _drive(connection, apply_all(self._statements, changes, facts))
            for change in changes:
                await connection.execute(NOTIFY, f"{change.base_revision + 1} {change.tenant_id}")

    async def _carry_out(self, steps: Callable[[], Steps]) -> None:
        with unavailable():
            async with self._pool.acquire(timeout=COMMAND_TIMEOUT_S) as connection, connection.transaction():
                await _drive(connection, steps())

    async def commit_on(self, connection: Any, changes: Sequence[Change], facts: Mapping[str, bytes]) -> None:
        """As :meth:`commit_all`, on a connection the caller holds."""

        async def work() -> None:
            with unavailable():
                await self._apply_on(connection, changes, facts)
            self._learn(changes)

        await self._hold(work())

    @asynccontextmanager
    async def exclusive(self) -> AsyncIterator[Exclusive]:
        """Hold the one lock of the deployment, across processes and nodes; a holder that dies lets go."""
        line = Line(self._dsn)
        try:
            with unavailable():
                connection = await line.connection()
                await connection.execute("SELECT pg_advisory_lock($1)", EXCLUSIVE_LOCK, timeout=600)
            yield _Holder(self, connection)
        finally:
            await line.close()

    async def database_now_ms(self) -> int:
        """What time the server has."""
        rows = await self._rows(Query("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint", ()), {})
        return int(rows[0][0])

    # --- the watch

    async def _watch(self) -> None:
        listening: Any = None
        while True:
            try:
                async with asyncio.timeout(CONNECT_TIMEOUT_S):
                    connection = await self._watch_line.connection()
                    if connection is not listening:
                        await connection.add_listener(CHANNEL, self._noticed)
                        listening = connection
                looked_s = time.monotonic()
                async with asyncio.timeout(LOOK_TIMEOUT_S):
                    rows = await self._watch_line.fetch(REVISIONS)
                self._known.learn_all((row[0], row[1]) for row in rows)
                self._known.looked(looked_s)
            except FAILURES:
                self._watch_line.drop()
            await asyncio.sleep(WATCH_EVERY_S)

    def _noticed(self, connection: Any, process_id: int, channel: str, payload: str) -> None:
        revision, _, tenant_id = payload.partition(" ")
        self._known.learn(tenant_id, int(revision))

    async def _close(self) -> None:
        await asyncio.gather(self._spends.close(), self._logs.close())
        for line in (self._spend_line, self._log_line, self._watch_line):
            await line.close()
        try:
            await asyncio.wait_for(self._pool.close(), CONNECT_TIMEOUT_S)
        except FAILURES:
            self._pool.terminate()


class _Holder:
    """The storage, as the holder of the lock sees it: it commits on the locking connection; no lock, no commit."""

    def __init__(self, storage: PostgresStorage, connection: Any) -> None:
        self._storage = storage
        self._connection = connection
        self.deployment_get = storage.deployment_get

    async def commit(self, changes: Sequence[Change], facts: Mapping[str, bytes]) -> None:
        """Changes and facts, all or nothing."""
        await self._storage.commit_on(self._connection, changes, facts)


async def _drive(connection: Any, steps: Steps) -> None:
    """Carry the steps out, inside the caller's transaction."""
    touched = None
    while True:
        try:
            query, arguments = next(steps) if touched is None else steps.send(touched)
        except StopIteration:
            return
        touched = _touched(await connection.execute(query.sql, *arguments))


def _touched(status: str) -> int:
    """How many rows, from a command's status such as ``INSERT 0 1``."""
    return int(status.rpartition(" ")[2])
