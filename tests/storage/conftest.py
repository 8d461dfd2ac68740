"""Every test that takes ``url`` or ``storage`` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tallystick.storage.migrate import migrate
from tallystick.storage.opening import open_storage
from tallystick.storage.store import Storage
from tests.postgres import Cluster, cluster


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """The PostgreSQL of this test run."""
    with cluster() as running:
        yield running


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """Which of the two it is."""
    return str(request.param)


@pytest.fixture
def empty_url(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database in which nothing has happened yet."""
    if database == "sqlite":
        yield f"sqlite://{tmp_path}/tallystick.db"
        return
    running: Cluster = request.getfixturevalue("postgres")
    url = running.create_database()
    yield url
    running.drop_database(url)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database, to be copied: the migration takes longer than most of what is tested on one."""
    file = tmp_path_factory.mktemp("migrated") / "tallystick.db"
    asyncio.run(migrate(f"sqlite://{file}"))
    return file


@pytest.fixture(scope="session")
def migrated_database(postgres: Cluster) -> str:
    """The same on PostgreSQL; its URL."""
    url = postgres.create_database()
    asyncio.run(migrate(url))
    return url


@pytest.fixture
def url(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated database."""
    if database == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), tmp_path)
        yield f"sqlite://{tmp_path}/tallystick.db"
        return
    running: Cluster = request.getfixturevalue("postgres")
    url = running.copy_database(request.getfixturevalue("migrated_database"))
    yield url
    running.drop_database(url)


@pytest.fixture
async def storage(url: str) -> AsyncIterator[Storage]:
    """The storage of one worker."""
    opened = await open_storage(url)
    await opened.start()
    yield opened
    await opened.close()


@pytest.fixture
async def other(url: str) -> AsyncIterator[Storage]:
    """The storage of another worker, on the same database."""
    opened = await open_storage(url)
    await opened.start()
    yield opened
    await opened.close()
