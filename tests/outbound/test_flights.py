"""Who comes for what is under way waits for that, and who leaves takes nothing from the others."""

from __future__ import annotations

import asyncio

import pytest

from tallystick.outbound.flights import Flights

pytestmark = pytest.mark.anyio


async def test_one_flight_serves_all_who_come_meanwhile() -> None:
    flights: Flights[int] = Flights()
    gate, departed = asyncio.Event(), 0

    async def fly() -> int:
        nonlocal departed
        departed += 1
        await gate.wait()
        return departed

    first, second = flights.to("x", "t", fly), flights.to("x", "t", fly)
    leaver = asyncio.create_task(asyncio.wait_for(asyncio.shield(first), 5))
    await asyncio.sleep(0)
    leaver.cancel()
    other = flights.to("y", "t", fly)
    gate.set()
    assert (await first, await second, await other) == (2, 2, 2)
    # What has landed is flown again.
    assert await flights.to("x", "t", fly) == 3


async def test_a_flight_that_fails_fails_for_all_and_is_told_of() -> None:
    told: list[object] = []
    flights: Flights[int] = Flights(lambda place, problem: told.append((place, type(problem))))

    async def fly() -> int:
        raise LookupError

    for _ in range(2):
        task = flights.to("x", "t", fly)
        with pytest.raises(LookupError):
            await task
    assert told == [("x", LookupError)] * 2


async def test_closing_calls_back_what_is_under_way() -> None:
    flights: Flights[None] = Flights()
    task = flights.to("x", "t", lambda: asyncio.sleep(60))
    await flights.close()
    assert task.cancelled()


async def test_tenants_do_not_share_a_flight() -> None:
    """That of another may have to wait for its turn."""
    flights: Flights[None] = Flights()
    one, other = (flights.to("x", tenant, lambda: asyncio.sleep(0)) for tenant in ("one", "another"))
    assert one is not other
    await asyncio.gather(one, other)
