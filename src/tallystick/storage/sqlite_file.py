"""The SQLite file: how a connection is opened, and the lock that other processes respect."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ..errors import StartupError

BUSY_TIMEOUT_S = 15.0
"""How long a writer waits for another process's transaction."""
LOCK_EVERY_S = 0.02
LOWER = "unicode_lower"
"""A function of ours for SQL: SQLite's own ``lower`` knows A to Z alone."""
PRAGMAS = ("synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY")


def connect(path: str, busy_timeout_s: float = BUSY_TIMEOUT_S) -> sqlite3.Connection:
    """A connection in autocommit mode to a file in WAL mode; a new file is readable by its owner alone.

    FULL: a commit is on the disk before it is acknowledged. Raises :class:`StartupError`.
    """
    try:
        _create_private(path)
        connection = sqlite3.connect(
            path, timeout=busy_timeout_s, isolation_level=None, check_same_thread=False, cached_statements=512
        )
        _switch_to_wal(connection)
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        connection.create_function(LOWER, 1, _lower, deterministic=True)
    except (OSError, sqlite3.Error) as error:
        raise StartupError(f"cannot open the database file {path}: {error}") from error
    return connection


def _lower(text: str | None) -> str | None:
    return None if text is None else text.lower()


def _create_private(path: str) -> None:
    """Make an empty file that only its owner may read, unless it exists.

    Never open the database file itself: closing any descriptor of a file drops every POSIX lock that this process has
    on it, those of SQLite's connections included, and then another process takes our write-ahead log for abandoned.
    """
    if os.path.exists(path):
        return
    descriptor, fresh = tempfile.mkstemp(prefix=".tallystick-", dir=os.path.dirname(path))
    os.close(descriptor)
    # Another process was first, or the file system has no links: then SQLite makes the file, under the umask.
    with contextlib.suppress(OSError):
        os.link(fresh, path)
    os.unlink(fresh)


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    # While another process switches, SQLite reports "locked" at once instead of waiting: wait here.
    deadline_s = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            if connection.execute("PRAGMA journal_mode=WAL").fetchall() == [("wal",)]:
                return
            raise StartupError("the database file is on a file system where SQLite cannot use its write-ahead log")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline_s:
                raise
            time.sleep(0.01)


@asynccontextmanager
async def locked(path: str) -> AsyncIterator[None]:
    """Hold the lock file. The kernel lets go of it when the holder dies, however it dies."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(LOCK_EVERY_S)
        yield
    finally:
        os.close(descriptor)
