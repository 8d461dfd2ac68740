"""Migrations: the steps lead to the tables of the code, and a newer database is left alone."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
from pathlib import Path

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from tallystick.errors import StartupError, Unavailable
from tallystick.storage import migrate as migrating
from tallystick.storage import steps
from tallystick.storage.migrate import current, migrate
from tallystick.storage.opening import open_storage
from tallystick.storage.schema import metadata
from tallystick.storage.steps import head
from tallystick.storage.whole import whole
from tests.postgres import Cluster

pytestmark = pytest.mark.anyio


async def execute(url: str, sql: str) -> None:
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite://")) as connection:
            connection.execute(sql)
        connection.close()
        return
    connection = await asyncpg.connect(url)
    await connection.execute(sql)
    await connection.close()


async def test_an_empty_database_is_not_ready_and_becomes_so(empty_url: str) -> None:
    assert await current(empty_url) is None
    storage = await open_storage(empty_url)
    with pytest.raises(Unavailable):
        await storage.ready()
    await migrate(empty_url)
    assert await storage.ready()
    assert await current(empty_url) == head()
    await storage.close()


async def test_the_steps_lead_to_the_tables_of_the_code(url: str) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata))

    assert await whole(url, differences, purpose="read") == []


async def test_the_steps_are_known_by_the_names_of_their_files() -> None:
    script = ScriptDirectory.from_config(migrating._config())
    assert script.get_heads() == [head()]
    assert sorted(step.revision for step in script.walk_revisions()) == list(steps.KNOWN)


async def test_migrating_again_changes_nothing(url: str) -> None:
    await asyncio.gather(*(migrate(url) for _ in range(3)))
    assert await current(url) == head()


async def test_a_database_of_a_newer_release_stops_the_start_but_not_who_serves(url: str) -> None:
    storage = await open_storage(url)
    await execute(url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StartupError, match="newer release") as caught:
        await migrate(url)
    assert "\n" not in str(caught.value)
    assert await storage.ready()
    await storage.close()


async def test_a_database_of_an_older_release_is_not_ready(url: str) -> None:
    storage = await open_storage(url)
    await execute(url, "DELETE FROM alembic_version")
    assert not await storage.ready()
    await storage.close()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mysql://x/y",
        "sqlite://",
        "sqlite:///",
        "sqlite://relative/x.db",
        "sqlite:///nowhere/at/all/x.db",
        "sqlite:////tmp/x.db?mode=ro",
        "postgresql://u:secret@127.0.0.1:1/x",
        "postgresql://u:secret@127.0.0.1:port/x",
    ],
)
async def test_a_url_that_leads_nowhere_stops_the_start_with_one_line(url: str) -> None:
    for attempt in (migrate, open_storage):
        with pytest.raises(StartupError) as caught:
            await attempt(url)
        assert "secret" not in str(caught.value)
        assert "\n" not in str(caught.value)


async def test_the_file_is_for_its_owner_alone_and_in_wal_mode(tmp_path: Path) -> None:
    await migrate(f"sqlite://{tmp_path}/a b%20c.db")
    path = tmp_path / "a b c.db"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA journal_mode").fetchall() == [("wal",)]
    connection.close()


async def test_a_postgresql_database_of_another_encoding_stops_the_start(postgres: Cluster) -> None:
    url = postgres.create_database(encoding="LATIN1")
    with pytest.raises(StartupError, match="UTF8"):
        await migrate(url)
    postgres.drop_database(url)
