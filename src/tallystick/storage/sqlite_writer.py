"""The one thread that writes to SQLite: each batch is one transaction, each work in it stands or falls alone."""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from .changes import Steps, unique_clash
from .group_commit import GroupCommit
from .sqlite_batch import LogRow, Spend, append_log, spend_all


class Insert(NamedTuple):
    """One statement, atomic by itself. Its result is the number of rows it touched."""

    sql: str
    arguments: tuple[Any, ...]


Work = Spend | LogRow | Insert | Callable[[], Steps]
"""A row of the token path, one statement, or what makes the steps of a change anew."""

BATCH_FAILURES = (sqlite3.OperationalError, sqlite3.InternalError)
"""The disk, a lock or the file failed: nothing of the transaction is certain. Any other error is of one work alone."""

WRITE_TIMEOUT_S = 20.0


class SqliteWriter:
    """Owns the writing connection."""

    def __init__(self, connection: sqlite3.Connection, turn_path: str) -> None:
        self._turn = os.open(turn_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._connection = connection
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite-writer")
        self._group: GroupCommit[Work, int] = GroupCommit(self._write)
        self.submit = self._group.submit

    async def close(self) -> None:
        """Write what is queued, then close the connection."""
        await self._group.close()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._connection.close)
        self._thread.shutdown()
        os.close(self._turn)

    async def _write(self, works: list[Work]) -> list[int | Exception]:
        # Beyond this something holds its turn for ever, such as a stopped process: the waiters are told.
        async with asyncio.timeout(WRITE_TIMEOUT_S):
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._transaction, works)

    def _transaction(self, works: list[Work]) -> list[int | Exception]:
        # Processes queue here, first come first served: SQLite's own waiting is sleep and retry, and a busy neighbour
        # made us wait 800 ms at worst where this makes it 5 (two processes, two writers each).
        fcntl.flock(self._turn, fcntl.LOCK_EX)
        try:
            return self._transaction_in_turn(works)
        finally:
            fcntl.flock(self._turn, fcntl.LOCK_UN)

    def _transaction_in_turn(self, works: list[Work]) -> list[int | Exception]:
        # IMMEDIATE: take the write lock now, under the busy timeout; a later upgrade could not wait for it.
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            results = self._results(works)
            self._connection.execute("COMMIT")
        except BaseException:
            # SQLite may have rolled back by itself, as when the disk is full.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        return results

    def _results(self, works: list[Work]) -> list[int | Exception]:
        """What became of each work, 1 or 0 for a value that was spent now or before; in no order among them."""
        append_log(self._connection, [work for work in works if isinstance(work, LogRow)])
        won = iter(spend_all(self._connection, [work for work in works if isinstance(work, Spend)]))
        results: list[int | Exception] = []
        for work in works:
            if isinstance(work, Spend):
                results.append(int(next(won)))
            elif isinstance(work, LogRow):
                results.append(1)
            else:
                results.append(self._attempt(work))
        return results

    def _attempt(self, work: Insert | Callable[[], Steps]) -> int | Exception:
        try:
            if isinstance(work, Insert):
                return self._connection.execute(*work).rowcount
            return self._carry_out(work())
        except BATCH_FAILURES:
            raise
        except sqlite3.IntegrityError as error:
            return clash(error)
        except Exception as error:
            return error

    def _carry_out(self, steps: Steps) -> int:
        """Drive the steps inside a savepoint, so that a failing change leaves nothing and harms no other."""
        self._connection.execute("SAVEPOINT work")
        try:
            query, arguments = next(steps)
            while True:
                count = self._connection.execute(query.sql, arguments).rowcount
                query, arguments = steps.send(count)
        except StopIteration:
            return 0
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK TO work")
            raise
        finally:
            if self._connection.in_transaction:
                self._connection.execute("RELEASE work")


def clash(error: sqlite3.IntegrityError) -> Exception:
    """The house's word for a broken constraint."""
    if error.sqlite_errorname not in ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"):
        return error
    return unique_clash(str(error), error)
