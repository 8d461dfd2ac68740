"""The database goes away, and comes back: nobody is lied to, and nobody has to restart us."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import asyncpg
import pytest

from tallystick.clients.client import Client
from tallystick.errors import Unavailable
from tallystick.storage.migrate import migrate
from tallystick.storage.opening import open_storage
from tallystick.storage.postgres_line import unavailable
from tallystick.storage.store import Storage
from tests.patience import HANGING_S, LOOK_AGAIN_S
from tests.postgres import Cluster
from tests.storage.samples import TENANT, client, event, save, value

pytestmark = pytest.mark.anyio


@pytest.fixture
async def on_postgres(postgres: Cluster) -> AsyncIterator[tuple[Storage, Callable[[str], str]]]:
    """A storage, and a way to run SQL as the superuser on its database from outside."""
    url = postgres.create_database()
    await migrate(url)
    storage = await open_storage(url)
    await storage.start()
    yield storage, lambda sql: postgres.sql(sql.replace("$database", url.rpartition("/")[2]))
    await storage.close()
    postgres.drop_database(url)


DISCONNECT = "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = '$database'"
"""Returns when they are gone: one that is only told to go may answer once more."""


async def until(holds: Callable[[], bool]) -> None:
    """Until the storage has noticed."""
    deadline_s = time.monotonic() + HANGING_S
    while not holds():
        assert time.monotonic() < deadline_s
        await asyncio.sleep(LOOK_AGAIN_S)


async def eventually(attempt: Callable[[], Awaitable[object]]) -> None:
    """Until it works; the first attempts may meet the broken connection."""
    deadline_s = time.monotonic() + HANGING_S
    while True:
        try:
            await attempt()
        except Unavailable:
            assert time.monotonic() < deadline_s
            await asyncio.sleep(LOOK_AGAIN_S)
        else:
            return


async def test_after_every_connection_broke_everything_works_again(
    on_postgres: tuple[Storage, Callable[[str], str]],
) -> None:
    storage, sql = on_postgres
    await save(storage, client("a"))
    assert await storage.spend(value("before"))
    await storage.record(event())
    sql(DISCONNECT)
    await eventually(lambda: storage.revision(TENANT))
    await eventually(lambda: storage.spend(value("after")))
    await eventually(lambda: storage.record(event()))
    await eventually(lambda: save(storage, client("b")))
    assert not await storage.spend(value("before"))
    assert len(await storage.find(Client, TENANT)) == 2
    await until(lambda: storage.known("") is not None)


async def test_while_nobody_answers_everything_is_unavailable_and_revisions_are_not_known(
    on_postgres: tuple[Storage, Callable[[str], str]],
) -> None:
    storage, sql = on_postgres
    sql("ALTER DATABASE $database ALLOW_CONNECTIONS false")
    sql(DISCONNECT)
    for attempt in (
        lambda: storage.spend(value("x")),
        lambda: storage.record(event()),
        lambda: storage.get(Client, TENANT, "a"),
        lambda: save(storage, client("a")),
        storage.ready,
    ):
        with pytest.raises(Unavailable):
            await attempt()
    await until(lambda: storage.known(TENANT) is None)
    sql("ALTER DATABASE $database ALLOW_CONNECTIONS true")
    await eventually(lambda: storage.spend(value("x")))
    await until(lambda: storage.known(TENANT) is not None)


@pytest.mark.parametrize(
    "trouble",
    [
        asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress"),
        LookupError("not foreseen"),
    ],
)
async def test_the_watch_goes_on_whatever_went_wrong(
    storage: Storage, trouble: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    troubles, looked = [trouble], storage._known.looked

    def stumble(at_s: float) -> None:
        if troubles:
            raise troubles.pop()
        looked(at_s)

    monkeypatch.setattr(storage._known, "looked", stumble)
    await until(lambda: not troubles)
    looked(float("-inf"))
    assert storage.known(TENANT) is None
    await until(lambda: storage.known(TENANT) is not None)


async def test_a_connection_that_lost_its_thread_is_an_outage_as_any_other() -> None:
    with pytest.raises(Unavailable), unavailable():
        raise asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress")


async def test_commits_are_durable_even_where_the_database_says_they_need_not_be(postgres: Cluster) -> None:
    url = postgres.create_database()
    await migrate(url)
    postgres.sql(f"ALTER DATABASE {url.rpartition('/')[2]} SET synchronous_commit = off")
    storage = await open_storage(url)
    assert await storage._pool.fetchval("SHOW synchronous_commit") == "on"  # type: ignore[attr-defined]
    connection = await storage._spend_line.connection()  # type: ignore[attr-defined]
    assert await connection.fetchval("SHOW synchronous_commit") == "on"
    await storage.close()
    postgres.drop_database(url)


async def test_a_batch_that_fails_tells_each_waiter_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    await migrate(f"sqlite://{path}")
    storage = await open_storage(f"sqlite://{path}")
    connection = sqlite3.connect(path)
    connection.execute("ALTER TABLE log RENAME TO gone")
    writes = [storage.spend(value("a")), storage.record(event()), storage.spend(value("b"))]
    outcomes = await asyncio.gather(*writes, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Unavailable] * 3
    connection.execute("ALTER TABLE gone RENAME TO log")
    connection.close()
    assert await storage.spend(value("a"))
    await storage.close()
