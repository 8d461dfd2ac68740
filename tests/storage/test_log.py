"""The log of a tenant."""

from __future__ import annotations

import asyncio

import pytest

from tallystick.storage.store import Storage
from tests.storage.samples import TENANT, event

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
