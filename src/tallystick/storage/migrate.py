"""Bring the tables to the state this release needs; safe when several processes start at once.

Alembic is loaded when there is something to do: that takes a sixth of a start, and most starts find nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from ..errors import StartupError
from .address import parse
from .steps import head, is_known
from .whole import whole

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATION_LOCK = 0x74616C6C_79000001
"""The PostgreSQL advisory lock that whoever migrates holds."""


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    # The path is read with %-interpolation.
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


async def migrate(url: str) -> None:
    """Upgrade to :func:`steps.head`, in one transaction under a lock. Does nothing when there is nothing to do.

    Raises :class:`StartupError` when the database does not answer, or was written by a newer release.
    """
    await whole(url, _upgrade, purpose="migrated")


async def current(url: str) -> str | None:
    """The revision the tables are at; None for an empty database, or none at all: looking makes no file."""
    if parse(url).is_missing_file:
        return None
    return await whole(url, current_of, purpose="read")


def current_of(connection: Connection) -> str | None:
    """The revision the tables are at, None without tables."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
        if connection.execute(text("SHOW server_encoding")).scalar() != "UTF8":
            raise StartupError("the database must be created with the encoding UTF8")
    revision = current_of(connection)
    if revision is not None and not is_known(revision):
        raise StartupError(
            f"the database was written by a newer release (tables at {revision}, this release knows {head()}): "
            "start that release, or restore the database from before"
        )
    if revision != head():
        upgrade_to(connection, "head")


def upgrade_to(connection: Connection, revision: str) -> None:
    """Run the steps up to a revision of this release, in the connection's transaction."""
    from alembic import command

    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
