"""Backups: one moment of every table, put back into either database whole or not at all."""

from __future__ import annotations

import asyncio
import gzip
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Boolean, Connection, LargeBinary, Text, select

from tallystick.clients.client import Client
from tallystick.errors import StartupError
from tallystick.onetime import RESTORED_FACT
from tallystick.storage.backup import write_backup
from tallystick.storage.backup_file import BackupReader
from tallystick.storage.live_schema import key_set, status_counter
from tallystick.storage.migrate import current, migrate, upgrade_to
from tallystick.storage.opening import open_storage
from tallystick.storage.restore import LOG_GAP, PLACES_GAP, restore
from tallystick.storage.schema import JsonText, metadata
from tallystick.storage.steps import head
from tallystick.storage.store import PURGE_GRACE_MS
from tallystick.storage.whole import whole
from tallystick.tokens.status_places import StatusPlace, StatusPlaces
from tests.patience import HANGING_S
from tests.postgres import Cluster
from tests.storage.samples import TENANT, client, event, save, value

pytestmark = pytest.mark.anyio

NOW_MS = 1_700_000_000_000
WORDS = ("", 'it\'s "quoted" \\ \n\t; --', "Żółć 汉 \N{GRINNING FACE}", '{"nul":"\\u0000"}')
Rows = dict[str, list[tuple[Any, ...]]]


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A second, empty database."""
    if request.param == "sqlite":
        yield f"sqlite://{tmp_path}/target.db"
        return
    running: Cluster = request.getfixturevalue("postgres")
    url = running.create_database()
    yield url
    running.drop_database(url)


async def backed_up(url: str, now_ms: int = NOW_MS) -> bytes:
    file = io.BytesIO()
    await whole(url, lambda connection: write_backup(connection, file, now_ms), purpose="backed up", snapshot=True)
    return file.getvalue()


async def put_back(url: str, content: bytes, *, replace: bool = False, now_ms: int = NOW_MS) -> None:
    def work(connection: Connection) -> None:
        restore(connection, BackupReader(io.BytesIO(content), "the file"), replace=replace, now_ms=now_ms)

    await whole(url, work, purpose="restored")


async def rows_of(url: str) -> Rows:
    def read(connection: Connection) -> Rows:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in metadata.sorted_tables
        }

    return await whole(url, read, purpose="read")


def sample(column: Any, number: int) -> Any:
    """A value of every kind of column; of texts the odd ones too."""
    match column.type:
        case JsonText():
            return msgspec.json.encode({"n": number, "word": WORDS[number % 4]}).decode()
        case Text():
            return f"{number}{WORDS[number % 4]}"
        case Boolean():
            return number % 2 == 0
        case LargeBinary():
            return bytes(range(256)) + bytes([number])
    if column.nullable:
        return None
    return number + 1 if column.primary_key else 2**62 - number


def fill(connection: Connection) -> None:
    for table in metadata.sorted_tables:
        rows = [{column.name: sample(column, number) for column in table.columns} for number in range(7)]
        connection.execute(table.insert(), rows)


async def test_every_table_comes_back_as_it_was_from_either_database_to_either(url: str, target: str) -> None:
    await whole(url, fill, purpose="filled")
    before = await rows_of(url)
    await put_back(target, await backed_up(url))
    after = await rows_of(target)
    assert set(before) == {table.name for table in metadata.sorted_tables}
    assert all(len(rows) == 7 for rows in before.values())
    fresh = list(key_set.columns.keys()).index("fresh_until_ms")
    raised = {tenant for tenant, _ in after.pop("revision")}
    assert {tenant for tenant, _ in before.pop("revision")} <= raised
    assert after.pop("deployment") == sorted([*before.pop("deployment"), (RESTORED_FACT, b"")])
    place = list(status_counter.columns.keys()).index("next_place")
    before["status_counter"] = [
        (*row[:place], row[place] + PLACES_GAP, *row[place + 1 :]) for row in before["status_counter"]
    ]
    # What an address answered then is asked for anew.
    before["key_set"] = [(*row[:fresh], 0, *row[fresh + 1 :]) for row in before["key_set"]]
    assert after == before
    assert await current(target) == head()


async def test_rows_are_numbered_on_after_a_restore(url: str, target: str) -> None:
    storage = await open_storage(url)
    await save(storage, client("a"), client("b"), events=[event()])
    await storage.close()
    await put_back(target, await backed_up(url))
    restored = await open_storage(target)
    await save(restored, client("c"), events=[event()])
    assert [one.client_id for one in await restored.find(Client, TENANT)] == ["a", "b", "c"]
    await restored.close()
    seqs = [row[0] for row in (await rows_of(target))["log"]]
    assert seqs == [1, LOG_GAP + 2]


async def test_no_place_of_a_status_list_is_given_twice_over_a_restore(url: str, tmp_path: Path) -> None:
    """Tokens that were issued after the backup live on, and name their places: nobody else's revocation is theirs."""
    given = await places_given(url, 8)
    content = await backed_up(url)
    given |= await places_given(url, 40)
    elsewhere = f"sqlite://{tmp_path}/elsewhere.db"
    await put_back(elsewhere, content)
    await put_back(url, content, replace=True)
    for restored in (elsewhere, url):
        assert given.isdisjoint(await places_given(restored, 40))


async def places_given(url: str, count: int) -> set[StatusPlace]:
    storage = await open_storage(url)
    places = StatusPlaces(storage, block_places=8)
    given = {await places.take(TENANT) for _ in range(count)}
    await storage.close()
    assert len(given) == count
    return given


async def test_a_backup_under_writes_is_of_one_moment(url: str) -> None:
    """Each change makes one client and raises the revision by one: at every moment there are as many."""
    storage = await open_storage(url)
    done = asyncio.Event()
    number = 0

    async def write() -> None:
        nonlocal number
        while not done.is_set() or number < 20:
            await save(storage, client(f"{number}"), events=[event()])
            await storage.spend(value(f"{number}"))
            number += 1

    writing = asyncio.create_task(write())
    contents = []
    for _ in range(3):
        await asyncio.sleep(0.05)
        contents.append(await backed_up(url))
    done.set()
    await writing
    await storage.close()
    for content in contents:
        rows = list(BackupReader(io.BytesIO(content), "it").rows())
        counts = {name: sum(1 for table, _ in rows if table == name) for name in ("client", "log")}
        revision = next(row["revision"] for table, row in rows if table == "revision")
        assert counts == {"client": revision, "log": revision}
    await put_back(url, contents[-1], replace=True)
    assert len((await rows_of(url))["client"]) == revision


async def test_what_is_there_is_replaced_only_when_told(url: str) -> None:
    storage = await open_storage(url)
    await storage.start()
    await save(storage, client("kept"), tenant_id=TENANT)
    content = await backed_up(url)
    await save(storage, client("later"))
    assert await storage.spend(value("later"))
    before = await rows_of(url)
    with pytest.raises(StartupError, match="not empty"):
        await put_back(url, content)
    assert await rows_of(url) == before
    await put_back(url, content, replace=True)
    assert [one.client_id for one in await storage.find(Client, TENANT)] == ["kept"]
    # What was spent stays spent, and a worker that goes on serving learns of it.
    assert not await storage.spend(value("later"))
    assert await storage.revision(TENANT) == NOW_MS
    async with asyncio.timeout(HANGING_S):
        while storage.known(TENANT) != NOW_MS:  # noqa: ASYNC110  # what another connection changed
            await asyncio.sleep(0.01)
    await save(storage, client("new"))
    await storage.close()
    # Again: higher than every revision that anybody has seen.
    await put_back(url, content, replace=True)
    assert (TENANT, NOW_MS + 2) in (await rows_of(url))["revision"]


async def test_expired_one_time_values_are_left_out(url: str) -> None:
    storage = await open_storage(url)
    for text, expires_at_ms in (("over", NOW_MS - PURGE_GRACE_MS - 1), ("late", NOW_MS - PURGE_GRACE_MS)):
        await storage.spend(value(text, expires_at_ms=expires_at_ms))
    await storage.close()
    rows = BackupReader(io.BytesIO(await backed_up(url)), "it").rows()
    assert [row["expires_at_ms"] for table, row in rows if table == "one_time"] == [NOW_MS - PURGE_GRACE_MS]


async def test_tables_of_an_older_release_are_brought_up(url: str, tmp_path: Path) -> None:
    """A backup taken before an upgrade goes into an empty database, and into one that was upgraded."""

    def make_old(connection: Connection) -> None:
        upgrade_to(connection, "0001")
        connection.exec_driver_sql("INSERT INTO tenant_host (tenant_id, host) VALUES ('acme', 'acme.example')")

    old, fresh = f"sqlite://{tmp_path}/old.db", f"sqlite://{tmp_path}/fresh.db"
    await whole(old, make_old, purpose="made")
    content = await backed_up(old)
    storage = await open_storage(url)
    await save(storage, client("gone"))
    assert await storage.spend(value("spent"))
    await storage.close()
    await put_back(fresh, content)
    await put_back(url, content, replace=True)
    rows = await rows_of(url)
    assert rows["tenant_host"] == (await rows_of(fresh))["tenant_host"]
    assert [(row[1], row[2]) for row in rows["tenant_host"]] == [("acme", "acme.example")]
    assert rows["client"] == []
    assert [row[0] for row in rows["one_time"]] == [value("spent").key()]
    assert await current(url) == head()


def with_head(content: bytes, **changes: Any) -> bytes:
    """The same backup with another first line, and a checksum that fits."""
    from hashlib import sha256

    lines = gzip.decompress(content).splitlines(keepends=True)
    lines[0] = msgspec.json.encode({**msgspec.json.decode(lines[0]), **changes}) + b"\n"
    tail = {**msgspec.json.decode(lines[-1]), "sha256": sha256(b"".join(lines[:-1])).hexdigest()}
    return gzip.compress(b"".join(lines[:-1]) + msgspec.json.encode(tail) + b"\n")


def line_left_out(content: bytes) -> bytes:
    lines = gzip.decompress(content).splitlines(keepends=True)
    del lines[-2]
    return gzip.compress(b"".join(lines))


SPOILT: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "cut short": (lambda content: content[:-9], "damaged"),
    "cut at a line": (lambda content: gzip.compress(gzip.decompress(content).rpartition(b"\n{")[0] + b"\n"), "damaged"),
    "a line left out": (line_left_out, "damaged"),
    "one value changed": (lambda content: gzip.compress(gzip.decompress(content).replace(b"kept", b"kepT")), "damaged"),
    "one bit flipped": (lambda content: content[:60] + bytes([content[60] ^ 1]) + content[61:], "damaged|not a backup"),
    "something behind it": (lambda content: gzip.compress(gzip.decompress(content) + b"1\n"), "damaged"),
    "a line without a bottom": (
        lambda content: gzip.compress(gzip.decompress(content).partition(b"\n")[0] + b"\n" + b"[" * 100_000),
        "damaged",
    ),
    "empty": (lambda content: b"", "not a backup"),
    "not ours": (lambda content: gzip.compress(b'{"format": "x"}\n'), "not a backup"),
    "another form": (lambda content: with_head(content, version=2), "form"),
    "a newer release": (lambda content: with_head(content, revision="9999"), "newer release"),
    "a table unknown": (
        lambda content: with_head(content, tables={"sqlite_master": ["name"]}),
        "damaged|does not have",
    ),
}


async def test_a_spoilt_backup_changes_nothing(url: str) -> None:
    storage = await open_storage(url)
    await save(storage, client("kept"))
    await storage.close()
    before, content = await rows_of(url), await backed_up(url)
    for how, (spoil, words) in SPOILT.items():
        with pytest.raises(StartupError, match=words):
            await put_back(url, spoil(content), replace=True)
        assert await rows_of(url) == before, how


async def test_an_empty_database_and_a_newer_one_are_not_backed_up(empty_url: str) -> None:
    with pytest.raises(StartupError, match="nothing to back up"):
        await backed_up(empty_url)
    await migrate(empty_url)

    def make_newer(connection: Connection) -> None:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    await whole(empty_url, make_newer, purpose="made")
    with pytest.raises(StartupError, match="newer release"):
        await backed_up(empty_url)
