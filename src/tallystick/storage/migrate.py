"""Bring the tables to the state this release needs; safe when several processes start at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, event, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from ..errors import StartupError
from .address import SQLITE, parse
from .sqlite_file import connect

T = TypeVar("T")

MIGRATION_LOCK = 0x74616C6C_79000001
"""The PostgreSQL advisory lock that whoever migrates holds."""


@cache
def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    # The path is read with %-interpolation.
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def head() -> str:
    """The revision of the tables that this release needs."""
    heads: Sequence[str] = _script().get_heads()
    return heads[0]


@cache
def _known() -> frozenset[str]:
    return frozenset(script.revision for script in _script().walk_revisions())


def is_migrated(revisions: Sequence[str]) -> bool:
    """Whether tables at these revisions serve this release.

    A revision this release does not know is a newer release's: it has expanded the tables while we serve, and keeps
    what we use until we are gone.
    """
    return bool(revisions) and all(revision == head() or revision not in _known() for revision in revisions)


async def migrate(url: str) -> None:
    """Upgrade to :func:`head`, in one transaction under a lock. Does nothing when there is nothing to do.

    Raises :class:`StartupError` when the database does not answer, or was written by a newer release.
    """
    await _run(url, _upgrade)


async def current(url: str) -> str | None:
    """The revision the tables are at; None for an empty database."""
    return await _run(url, _current)


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
        if connection.execute(text("SHOW server_encoding")).scalar() != "UTF8":
            raise StartupError("the database must be created with the encoding UTF8")
    revision = _current(connection)
    if revision is not None and revision not in _known():
        raise StartupError(
            f"the database was written by a newer release (tables at {revision}, this release knows {head()}): "
            "start that release, or restore the database from before"
        )
    if revision != head():
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


async def _run(url: str, work: Callable[[Connection], T]) -> T:
    address = parse(url)
    try:
        if address.database == SQLITE:
            return await asyncio.to_thread(_run_sqlite, address.target, work)
        return await _run_postgres(address.target, work)
    except SQLAlchemyError as error:
        raise StartupError(f"the database could not be migrated: {_first_line(error)}") from error
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise StartupError(f"the database does not answer: {_first_line(error)}") from error
    except ValueError:
        # What cannot be read may be a piece of the password: neither the text nor the cause goes on.
        raise StartupError("the database URL is not well-formed") from None


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _run_sqlite(path: str, work: Callable[[Connection], T]) -> T:
    engine = create_engine("sqlite://", creator=lambda: connect(path, 60.0), poolclass=NullPool)
    # The write lock is taken before the first look: of several processes one upgrades, the others see it done.
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.begin() as connection:
            return work(connection)
    finally:
        engine.dispose()


async def _run_postgres(dsn: str, work: Callable[[Connection], T]) -> T:
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(dsn, timeout=10), poolclass=NullPool
    )
    try:
        async with engine.begin() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()
