"""One transaction over the whole database, on either database: what migrations, backups and restores run in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

import asyncpg
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from ..errors import StartupError
from .address import SQLITE, parse
from .sqlite_file import connect

T = TypeVar("T")

WRITE_LOCK_WAIT_S = 60.0


async def whole(url: str, work: Callable[[Connection], T], *, purpose: str, snapshot: bool = False) -> T:
    """What ``work`` answers; all it did is durable, or nothing of it when it raises.

    With ``snapshot`` it only reads, sees one moment of the database, and is in nobody's way. Raises
    :class:`StartupError`; ``purpose`` says in its line what could not be done, such as ``migrated``.
    """
    address = parse(url)
    try:
        if address.database == SQLITE:
            return await asyncio.to_thread(_on_sqlite, address.target, work, snapshot)
        return await _on_postgres(address.target, work, snapshot)
    except SQLAlchemyError as error:
        raise StartupError(f"the database could not be {purpose}: {_first_line(error)}") from error
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise StartupError(f"the database does not answer: {_first_line(error)}") from error


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _on_sqlite(path: str, work: Callable[[Connection], T], snapshot: bool) -> T:
    engine = create_engine("sqlite://", creator=lambda: connect(path, WRITE_LOCK_WAIT_S), poolclass=NullPool)
    # A writer takes the write lock before its first look: of several processes one upgrades, the others see it done.
    # A reader's transaction is a snapshot from its first look on.
    begin = "BEGIN" if snapshot else "BEGIN IMMEDIATE"
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    try:
        with engine.begin() as connection:
            return work(connection)
    finally:
        engine.dispose()


async def _on_postgres(dsn: str, work: Callable[[Connection], T], snapshot: bool) -> T:
    # What cannot be read may be a piece of the password: neither the text nor the cause goes on.
    try:
        opened = await asyncpg.connect(dsn, timeout=10)
    except ValueError:
        raise StartupError("the database URL is not well-formed") from None

    async def connection_of_ours() -> asyncpg.Connection:
        return opened

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connection_of_ours, poolclass=NullPool)

    def in_snapshot(connection: Connection) -> T:
        if snapshot:
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
        return work(connection)

    try:
        async with engine.begin() as connection:
            return await connection.run_sync(in_snapshot)
    finally:
        await engine.dispose()
