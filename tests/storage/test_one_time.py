"""Values that may be spent once (attacks.md 2 to 4)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tallystick.errors import Unavailable
from tallystick.onetime import OneTimeValue
from tallystick.storage.opening import open_storage
from tallystick.storage.store import PURGE_GRACE_MS, Storage
from tests.storage.samples import event, value

pytestmark = pytest.mark.anyio


async def test_a_value_is_spent_once(storage: Storage) -> None:
    assert await storage.spend(value("jti")) is True
    assert await storage.spend(value("jti")) is False
    assert await storage.spend(value("other")) is True


async def test_equal_values_in_one_batch_and_of_two_workers_give_one_success(storage: Storage, other: Storage) -> None:
    spends = [(storage, other)[number % 2].spend(value(f"jti-{number % 5}")) for number in range(100)]
    assert sum(await asyncio.gather(*spends)) == 5


async def test_the_first_to_come_wins_within_a_batch(storage: Storage) -> None:
    assert await asyncio.gather(*(storage.spend(value("jti")) for _ in range(3))) == [True, False, False]


async def test_tenant_purpose_and_subject_keep_equal_values_apart(storage: Storage) -> None:
    parts: dict[str, Any] = {"tenant_id": "a", "purpose": "p", "subject": "s", "value": "v"}
    variants = [parts, *({**parts, name: "x"} for name in parts), {**parts, "subject": "sv", "value": ""}]
    values = [OneTimeValue(**variant, expires_at_ms=1) for variant in variants]
    assert await asyncio.gather(*(storage.spend(each) for each in values)) == [True] * len(values)
    assert await asyncio.gather(*(storage.spend(each) for each in values)) == [False] * len(values)


async def test_looking_tells_what_was_spent_by_anybody_and_spends_nothing(storage: Storage, other: Storage) -> None:
    assert [await storage.is_spent(value("jti")) for _ in range(2)] == [False, False]
    assert await other.spend(value("jti"))
    assert await storage.is_spent(value("jti"))
    assert await other.is_spent(value("jti"))
    assert not await storage.is_spent(value("another"))
    assert await storage.spend(value("another"))


async def test_a_flood_of_other_values_does_not_push_one_out(storage: Storage) -> None:
    """CVE-2026-41707: a bounded replay cache forgot under load."""
    assert await storage.spend(value("jti"))
    assert all(await asyncio.gather(*(storage.spend(value(f"flood-{number}")) for number in range(20_000))))
    assert not await storage.spend(value("jti"))


async def test_a_restart_remembers(url: str, storage: Storage) -> None:
    assert await storage.spend(value("jti"))
    await storage.close()
    again = await open_storage(url)
    assert not await again.spend(value("jti"))
    await again.close()


@pytest.mark.parametrize("text", ["", "\0", "\ud800", "ü" * 10_000])
async def test_any_text_can_be_spent_once(storage: Storage, text: str) -> None:
    assert [await storage.spend(value(text)), await storage.spend(value(text))] == [True, False]


async def test_an_expiry_beyond_64_bits_harms_no_other_of_the_batch(storage: Storage) -> None:
    odd = value("odd", expires_at_ms=2**80), value("negative", expires_at_ms=-(2**80)), value("plain")
    assert await asyncio.gather(*(storage.spend(each) for each in odd)) == [True] * 3
    assert await asyncio.gather(*(storage.spend(each) for each in odd)) == [False] * 3


async def test_a_waiter_that_is_cancelled_disturbs_no_other_and_its_value_is_spent(storage: Storage) -> None:
    spends = [asyncio.create_task(storage.spend(value(f"{number}"))) for number in range(30)]
    await asyncio.sleep(0)
    for number in range(0, 30, 3):
        spends[number].cancel()
    outcomes = await asyncio.gather(*spends, return_exceptions=True)
    assert [outcome for number, outcome in enumerate(outcomes) if number % 3] == [True] * 20
    assert not any(await asyncio.gather(*(storage.spend(value(f"{number}")) for number in range(30))))


async def test_purging_removes_what_is_long_expired_and_nothing_else(storage: Storage) -> None:
    now_ms = storage._clock.now_ms()
    long_ago = [value(f"old-{number}", expires_at_ms=now_ms - PURGE_GRACE_MS - 1_000) for number in range(1_201)]
    # Just expired stays: a node whose clock is behind would still accept its bearer.
    kept = [value("just-expired", expires_at_ms=now_ms - 1_000), value("live", expires_at_ms=now_ms + 60_000)]
    assert all(await asyncio.gather(*(storage.spend(each) for each in (*long_ago, *kept))))
    assert await storage.purge() == 1_201
    assert await storage.purge() == 0
    assert [await storage.spend(each) for each in kept] == [False, False]


async def test_closing_writes_what_is_queued_and_takes_nothing_more(url: str) -> None:
    closing = await open_storage(url)
    spends = [asyncio.create_task(closing.spend(value(f"{number}"))) for number in range(50)]
    logged = asyncio.create_task(closing.record(event()))
    await asyncio.sleep(0)
    await closing.close()
    assert await asyncio.gather(*spends) == [True] * 50
    await logged
    with pytest.raises(Unavailable):
        await closing.spend(value("late"))
    with pytest.raises(Unavailable):
        await closing.revision("t")
