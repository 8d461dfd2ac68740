"""The log of a tenant."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from tallystick.clock import DAY_MS
from tallystick.storage import postgres_settled
from tallystick.storage.log_purge import LOG_PURGE_BATCH
from tallystick.storage.migrate import migrate
from tallystick.storage.opening import open_storage
from tallystick.storage.postgres import LOG
from tallystick.storage.store import Storage
from tests.postgres import Cluster
from tests.storage.samples import TENANT, event, save, tenant

pytestmark = pytest.mark.anyio


async def test_an_event_comes_back_as_it_went_in(storage: Storage) -> None:
    written = event(
        "feccft", client_id="app", ip="::1", details={"check": "assertion.aud", "nested": [1, None, {"a": 1.5}]}
    )
    await storage.record(written)
    (row,) = await storage.log_page(TENANT)
    assert row.event == written
    assert await storage.log_get(TENANT, row.log_id) == row


async def test_pages_by_number_and_filters(storage: Storage, other: Storage) -> None:
    for number in range(6):
        await (storage, other)[number % 2].record(event(("sapi", "fapi")[number % 2], client_id=f"c{number}"))
    await storage.record(event(tenant_id="other"))
    rows = await storage.log_page(TENANT, newest_first=False)
    assert [row.event.client_id for row in rows] == [f"c{number}" for number in range(6)]
    newest = await storage.log_page(TENANT, limit=2)
    assert newest == rows[:3:-1]
    assert await storage.log_page(TENANT, before_seq=newest[-1].seq, limit=2) == rows[3:1:-1]
    assert await storage.log_page(TENANT, after_seq=rows[1].seq, newest_first=False, limit=2) == rows[2:4]
    assert await storage.log_page(TENANT, where={"type": "fapi"}, offset=1, limit=1) == [rows[3]]
    assert await storage.log_count(TENANT, where={"type": ["fapi", "x"]}) == 3
    assert await storage.log_page(TENANT, where={"client_id": "c\0"}) == []


async def test_ids_are_digits_that_grow_and_belong_to_a_tenant(storage: Storage) -> None:
    await asyncio.gather(*(storage.record(event()) for _ in range(20)))
    ids = [row.log_id for row in await storage.log_page(TENANT, newest_first=False)]
    assert ids == sorted(set(ids))
    assert all(log_id.isdecimal() and len(log_id) == 31 and log_id.startswith("90020231114") for log_id in ids)
    assert await storage.log_get("other", ids[0]) is None
    for strange in ("", "1", ids[0] + "0", "x" + ids[0][1:], "90020231115" + ids[0][11:], "9" * 31, ids[0][:-1] + "٣"):
        assert await storage.log_get(TENANT, strange) is None


@pytest.mark.parametrize("text", ["\0", "\ud800", "a\0\udfff" * 100])
async def test_whatever_a_stranger_sends_is_logged(storage: Storage, text: str) -> None:
    odd = event(
        client_id=text, user_agent=text, correlation_id=text, details={text: [text, {text: 2**80}], "x": float("nan")}
    )
    await asyncio.gather(storage.record(odd), storage.record(event()))
    assert await storage.log_count(TENANT) == 2


async def test_values_that_json_has_no_word_for_are_logged_as_text(storage: Storage) -> None:
    await storage.record(event(details={"error": ValueError("bad"), 1: {"set"}, "bytes": b"\xff"}))
    (row,) = await storage.log_page(TENANT)
    assert row.event.details["error"] == "bad"


async def test_counting_and_edges_stop_where_they_are_told(storage: Storage) -> None:
    for number in range(5):
        await storage.record(event(("sapi", "fapi")[number % 2]))
    rows = await storage.log_page(TENANT, newest_first=False)
    assert await storage.log_count(TENANT, at_most=3) == 3
    assert await storage.log_count(TENANT, where={"type": "fapi"}, at_most=3) == 2
    assert await storage.log_count(TENANT, where={"type": ()}, at_most=3) == 0
    assert await storage.log_edge(TENANT, 2) == rows[3].seq
    assert await storage.log_edge(TENANT, 2, after_seq=rows[0].seq, newest_first=False) == rows[2].seq
    assert await storage.log_edge(TENANT, 2, where={"type": "fapi"}) == rows[1].seq
    assert await storage.log_edge(TENANT, 6) is None


async def test_a_moment_leads_to_where_its_rows_begin(storage: Storage) -> None:
    assert await storage.log_seq_from(TENANT, 0) == 0
    for second in range(40):
        await storage.record(event(at_ms=second * 1000))
        await storage.record(event(tenant_id="other", at_ms=5))
    rows = await storage.log_page(TENANT, newest_first=False)
    for second in (0, 1, 17, 39):
        assert await storage.log_seq_from(TENANT, second * 1000) in range(
            rows[second - 1].seq + 1 if second else 0, rows[second].seq + 1
        )
    assert await storage.log_seq_from(TENANT, 10**12) == rows[-1].seq + 1


async def test_old_rows_go_the_oldest_first_and_only_where_they_are_too_old(storage: Storage) -> None:
    await save(storage, tenant("short", log_retention_days=1), tenant_id="short")
    await save(storage, tenant("long"), tenant_id="long")
    many = LOG_PURGE_BATCH * 2 + 5
    await asyncio.gather(*(storage.record(event(tenant_id="short", at_ms=day * DAY_MS)) for day in [1] * many))
    await storage.record(event(tenant_id="short", at_ms=2 * DAY_MS))
    await storage.record(event(tenant_id="long", at_ms=DAY_MS))
    assert await storage.purge_log(3 * DAY_MS) == many
    (left,) = await storage.log_page("short")
    assert left.event.at_ms == 2 * DAY_MS
    assert await storage.log_count("long") == 1
    assert await storage.purge_log(31 * DAY_MS + 1) == 2
    await storage.record(event(tenant_id="short"))
    assert (await storage.log_page("short"))[0].seq > left.seq


@pytest.fixture
async def postgresql(postgres: Cluster) -> AsyncIterator[tuple[Storage, str]]:
    """A storage on PostgreSQL, where several transactions write at once, and the way there."""
    url = postgres.create_database()
    await asyncio.to_thread(lambda: asyncio.run(migrate(url)))
    opened = await open_storage(url)
    yield opened, url
    await opened.close()
    postgres.drop_database(url)


async def test_a_number_is_settled_when_no_smaller_one_can_appear(
    postgresql: tuple[Storage, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    storage, url = postgresql
    monkeypatch.setattr(postgres_settled, "WAIT_S_MAX", 0.05)
    slow = await asyncpg.connect(url)
    late = slow.transaction()
    await late.start()
    columns = [[value] for value in (TENANT, "late", 1, "", "", '{"tenant_id":"acme","type":"late","at_ms":1}')]
    await slow.execute(LOG, *columns)
    await storage.record(event("early"))
    (row,) = await storage.log_page(TENANT)
    assert (row.event.type, row.seq) == ("early", 2)
    assert await storage.log_settled_seq() == 0
    await late.commit()
    # Other tests write to the same cluster: their transactions end, but not at once.
    monkeypatch.setattr(postgres_settled, "WAIT_S_MAX", 20.0)
    assert await storage.log_settled_seq() == 2
    assert [row.event.type for row in await storage.log_page(TENANT, newest_first=False)] == ["late", "early"]
    reader = slow.transaction()
    await reader.start()
    await slow.execute("SELECT * FROM log")
    await storage.record(event())
    assert await storage.log_settled_seq() == 3  # who only reads holds nobody up
    plan = "\n".join(row[0] for row in await slow.fetch("EXPLAIN " + LOG, *columns))
    assert "One-Time Filter: (pg_current_xact_id() IS NOT NULL)" in plan
    await slow.close()


async def test_rows_appear_in_the_order_of_their_numbers_while_many_write(storage: Storage, other: Storage) -> None:
    """Whoever reads on from the last row seen has seen every row, once."""
    writing = asyncio.gather(*((storage, other)[number % 2].record(event()) for number in range(300)))
    seen: list[int] = []
    while not writing.done() or not seen or len(seen) < 300:
        before_seq = min(await storage.log_settled_seq(), 2**62) + 1
        after_seq = seen[-1] if seen else 0
        rows = await storage.log_page(TENANT, after_seq=after_seq, before_seq=before_seq, newest_first=False, limit=100)
        seen += [row.seq for row in rows]
        await asyncio.sleep(0)
    assert seen == [row.seq for row in await storage.log_page(TENANT, newest_first=False, limit=1000)]
