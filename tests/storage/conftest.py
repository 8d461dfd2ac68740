"""Every test that takes ``url`` or ``storage`` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
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
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database in which nothing has happened yet."""
    if request.param == "sqlite":
        yield f"sqlite://{tmp_path}/tallystick.db"
        return
    running: Cluster = request.getfixturevalue("postgres")
    url = running.create_database()
    yield url
    running.drop_database(url)


@pytest.fixture
def url(empty_url: str) -> str:
    """A migrated database."""
    asyncio.run(migrate(empty_url))
    return empty_url


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
