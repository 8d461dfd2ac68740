"""Connections to PostgreSQL: how one is opened, one that comes back by itself, and what its failures mean."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import asyncpg

from ..errors import Unavailable
from .changes import unique_clash

CONNECT_TIMEOUT_S = 5.0
COMMAND_TIMEOUT_S = 10.0
SERVER_SETTINGS = {
    "application_name": "tallystick",
    # The revision is checked by an UPDATE that waits for a rival and then looks again.
    "default_transaction_isolation": "read committed",
    "idle_in_transaction_session_timeout": "60s",
}
FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
"""Whatever the server or the way to it can do to us. The third is asyncpg's word for a connection that broke off in the
middle of an answer and is asked again before it noticed."""


async def settle(connection: Any) -> None:
    """Make a fresh connection keep our promise: a commit is on the disk before it is acknowledged.

    A server that is set to something stronger than ``on`` (a standby must have it too) keeps that.
    """
    if await connection.fetchval("SHOW synchronous_commit") == "off":
        await connection.execute("SET synchronous_commit = on")


async def connect(dsn: str) -> Any:
    """A connection of our own."""
    connection = await asyncpg.connect(
        dsn, timeout=CONNECT_TIMEOUT_S, command_timeout=COMMAND_TIMEOUT_S, server_settings=SERVER_SETTINGS
    )
    await settle(connection)
    return connection


@contextmanager
def unavailable() -> Iterator[None]:
    """Turns failures of the database into the house's words; nothing was acknowledged."""
    try:
        yield
    except asyncpg.UniqueViolationError as error:
        raise unique_clash(str(error.constraint_name), error) from error
    except FAILURES as error:
        raise Unavailable("the database did not answer") from error


class Line:
    """One connection for one purpose; opened when needed, opened again after it broke."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._connection: Any = None

    async def fetch(self, sql: str, *arguments: Any) -> list[Any]:
        """The rows. After any failure the connection is not trusted with another statement."""
        try:
            rows: list[Any] = await (await self.connection()).fetch(sql, *arguments)
        except BaseException:
            self.drop()
            raise
        return rows

    async def connection(self) -> Any:
        """The connection, opened if there is none."""
        if self._connection is None or self._connection.is_closed():
            self._connection = await connect(self._dsn)
        return self._connection

    def drop(self) -> None:
        """Break the connection off."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def close(self) -> None:
        """Say goodbye properly."""
        if self._connection is not None:
            with suppress(*FAILURES, asyncio.CancelledError):
                await self._connection.close(timeout=2)
            self._connection = None
