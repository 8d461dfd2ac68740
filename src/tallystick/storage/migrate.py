"""Bring the tables to the state this release needs; safe when several processes start at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from ..errors import StartupError
from .address import parse
from .whole import whole

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
    await whole(url, _upgrade, purpose="migrated")


async def current(url: str) -> str | None:
    """The revision the tables are at; None for an empty database, or none at all: looking makes no file."""
    if parse(url).is_missing_file:
        return None
    return await whole(url, current_of, purpose="read")


def current_of(connection: Connection) -> str | None:
    """The revision the tables are at, None without tables."""
    return MigrationContext.configure(connection).get_current_revision()


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
        if connection.execute(text("SHOW server_encoding")).scalar() != "UTF8":
            raise StartupError("the database must be created with the encoding UTF8")
    revision = current_of(connection)
    if revision is not None and revision not in _known():
        raise StartupError(
            f"the database was written by a newer release (tables at {revision}, this release knows {head()}): "
            "start that release, or restore the database from before"
        )
    if revision != head():
        upgrade_to(connection, "head")


def upgrade_to(connection: Connection, revision: str) -> None:
    """Run the steps up to a revision of this release, in the connection's transaction."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def is_known(revision: str) -> bool:
    """Whether this release has the steps that lead to a revision."""
    return revision in _known()
