"""Used proofs in one SQLite file, for all processes of an API on one machine.

One row for each proof; SQLite lets one process write at a time, so that of two who come at once one is first. Every
proof that is remembered also sweeps some that are over, so nobody has to tidy up. Nobody waits for the disk itself:
what a machine forgets that lost its power is over before it is back.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .owned_file import identity_of, make_owned
from .refusals import NotDecided

BYTES_MAX = 64 * 1024 * 1024
"""Of the file: some 400,000 proofs, which live 70 s at most."""
PAGE_BYTES = 4096
BYTES_MIN = 16 * PAGE_BYTES
BUSY_S_MAX = 5.0
"""For the turns of other requests and processes, of which each takes a fraction of a millisecond. Less than a proof is
remembered beyond its age: one that waited longer could be over, swept, and new again."""
SWEPT_MAX = 100
"""Rows that are over, swept beside each new one."""
_SETTINGS = f"PRAGMA page_size={PAGE_BYTES}", "PRAGMA synchronous=NORMAL"
_TABLES = (
    "CREATE TABLE IF NOT EXISTS used (key BLOB PRIMARY KEY, expires_at_ms INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS used_by_end ON used (expires_at_ms)",
)
_CHECKS = {"SQLITE_FULL": "replays.full"}
_SWEEP = "DELETE FROM used WHERE key IN (SELECT key FROM used WHERE expires_at_ms <= ? ORDER BY expires_at_ms LIMIT ?)"
_SPEND = """INSERT INTO used VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET expires_at_ms = excluded.expires_at_ms
    WHERE expires_at_ms <= ?"""


class SqliteReplays:
    """In the file ``path``, which every process of this API opens, on a disk of this machine (never over a network).

    It is made where there is none, for this user alone, in a directory that nobody else may write into. At
    ``bytes_max`` it refuses what is new until something is over, as `InMemoryReplays` does. Raises ValueError for a
    file that cannot serve.
    """

    def __init__(self, path: str | os.PathLike[str], *, bytes_max: int = BYTES_MAX) -> None:
        if bytes_max < BYTES_MIN:
            raise ValueError(f"bytes_max is {BYTES_MIN} at least")
        # A server that changes its directory later means the same file.
        self._path = Path(path).absolute()
        self._pages_max = bytes_max // PAGE_BYTES
        self._begin()
        try:
            # Closed again: what a server forks from this process must share no connection.
            self._opened()[0].close()
        except (OSError, sqlite3.Error) as error:
            raise ValueError(f"{self._path} cannot hold used proofs: {error}") from error

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._connected: tuple[sqlite3.Connection, tuple[int, int]] | None = None
        # SQLite waits for other processes in a thread of its own, and not in the loop.
        self._thread = ThreadPoolExecutor(1, "tallystick-replays")

    async def spend(self, key: bytes, expires_at_ms: int, now_ms: int) -> bool:
        """As `ReplayStore` has it."""
        if self._pid != os.getpid():
            # Forked meanwhile: the thread is the parent's, and so is the connection, which must not be closed here.
            _OF_PARENTS.append(self._connected)
            self._begin()
        until_s = time.monotonic() + BUSY_S_MAX
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._spend, key, expires_at_ms, now_ms, until_s)

    def _spend(self, key: bytes, expires_at_ms: int, now_ms: int, until_s: float) -> bool:
        try:
            _check_wait(until_s)
            connection = self._connection()
            with _writing(connection):
                _check_wait(until_s)
                connection.execute(_SWEEP, (now_ms, SWEPT_MAX))
                return connection.execute(_SPEND, (key, expires_at_ms, now_ms)).rowcount == 1
        except (OSError, sqlite3.Error) as error:
            problem = getattr(error, "sqlite_errorname", type(error).__name__)  # not all of them are SQLite's own
            raise NotDecided(_CHECKS.get(problem, "replays.failed"), problem=problem) from error

    def _connection(self) -> sqlite3.Connection:
        """To the file that has the name now: in one that was deleted nobody else would see what is spent."""
        if self._connected is not None:
            connection, file = self._connected
            with contextlib.suppress(FileNotFoundError):
                if file == identity_of(self._path):
                    return connection
            self._connected = None
            connection.close()
        self._connected = self._opened()
        return self._connected[0]

    def _opened(self) -> tuple[sqlite3.Connection, tuple[int, int]]:
        """A connection, and the file that it is to."""
        file = make_owned(self._path)
        connection = sqlite3.connect(self._path, timeout=BUSY_S_MAX, isolation_level=None, check_same_thread=False)
        try:
            for setting in (*_SETTINGS, f"PRAGMA max_page_count={self._pages_max}"):
                connection.execute(setting)
            _switch_to_wal(connection)
            for table in _TABLES:
                connection.execute(table)
            if identity_of(self._path) != file:
                raise OSError("another file took its place")
        except BaseException:
            connection.close()
            raise
        return connection, file


_OF_PARENTS: list[object] = []
"""Kept, never used: SQLite's way with a connection that a fork brought along."""


def _check_wait(until_s: float) -> None:
    if time.monotonic() > until_s:
        raise TimeoutError


@contextlib.contextmanager
def _writing(connection: sqlite3.Connection) -> Iterator[None]:
    """One transaction that has the file for itself; undone where anything fails."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """While another process switches, SQLite says "locked" at once instead of waiting."""
    until_s = time.monotonic() + BUSY_S_MAX
    while True:
        try:
            if connection.execute("PRAGMA journal_mode=WAL").fetchall() == [("wal",)]:
                return
            raise OSError("no write-ahead log can be kept there")
        except sqlite3.OperationalError:
            if time.monotonic() > until_s:
                raise
            time.sleep(0.01)
