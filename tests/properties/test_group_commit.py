"""Group commit, for every order of arrivals, cancellations and failures."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallystick.errors import Unavailable
from tallystick.storage.group_commit import BATCH_MAX, GroupCommit


class Clash(Exception):
    """What one item is told alone."""


@dataclass
class Disk:
    """Takes batches, each lasting some turns of the loop; fails when told. Spends values, as the real writers do."""

    lasting: int = 0
    failing: frozenset[int] = frozenset()
    batches: list[list[str]] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    under_way: int = 0

    async def write(self, items: list[str]) -> Sequence[bool | Exception]:
        self.under_way += 1
        assert self.under_way == 1, "two writes at once"
        self.batches.append(items)
        number = len(self.batches) - 1
        for _ in range(self.lasting):
            await asyncio.sleep(0)
        self.under_way -= 1
        if number in self.failing:
            raise OSError("the disk is full")
        return [self.take(item) for item in items]

    def take(self, item: str) -> bool | Exception:
        if item.startswith("clash"):
            return Clash(item)
        self.written.append(item)
        return self.written.count(item) == 1


ITEMS = st.sampled_from(["a", "b", "c", "clash"])
STEPS = st.lists(st.tuples(ITEMS, st.integers(0, 3), st.booleans()), max_size=25)


@given(steps=STEPS, lasting=st.integers(0, 4), failing=st.frozensets(st.integers(0, 5)))
def test_every_item_is_written_once_and_every_waiter_is_told(
    steps: list[tuple[str, int, bool]], lasting: int, failing: frozenset[int]
) -> None:
    async def scenario() -> None:
        disk = Disk(lasting, failing)
        group: GroupCommit[str, bool] = GroupCommit(disk.write)
        waiters = []
        for item, pause, cancel in steps:
            waiter = asyncio.create_task(group.submit(item))
            waiters.append(waiter)
            for _ in range(pause):
                await asyncio.sleep(0)
            if cancel and pause:
                waiter.cancel()
        outcomes = await asyncio.gather(*waiters, return_exceptions=True)
        await group.close()
        check(disk, steps, outcomes)

    asyncio.run(scenario())


def check(disk: Disk, steps: list[tuple[str, int, bool]], outcomes: Sequence[object]) -> None:
    handed_in = [item for batch in disk.batches for item in batch]
    # Nothing is lost by a cancelled waiter, nothing is written twice, and the order is that of arrival.
    assert handed_in == [item for item, _, _ in steps]
    good = [item for number, batch in enumerate(disk.batches) if number not in disk.failing for item in batch]
    assert disk.written == [item for item in good if item != "clash"]
    where = [number for number, batch in enumerate(disk.batches) for _ in batch]
    first: set[str] = set()
    for (item, _, _), outcome, batch in zip(steps, outcomes, where, strict=True):
        expected = told(item, batch in disk.failing, first)
        assert isinstance(outcome, asyncio.CancelledError) or (
            outcome is expected if isinstance(expected, bool) else type(outcome) is expected
        )


def told(item: str, failed: bool, first: set[str]) -> bool | type[Exception]:
    if failed:
        return Unavailable
    if item == "clash":
        return Clash
    fresh = item not in first
    first.add(item)
    return fresh


def test_what_arrives_during_a_write_goes_into_the_next_together() -> None:
    async def scenario() -> list[list[str]]:
        disk = Disk(lasting=3)
        group: GroupCommit[str, bool] = GroupCommit(disk.write)
        waiters = [asyncio.create_task(group.submit("a"))]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        waiters += [asyncio.create_task(group.submit(item)) for item in "bcd"]
        await asyncio.gather(*waiters)
        return disk.batches

    assert asyncio.run(scenario()) == [["a"], ["b", "c", "d"]]


def test_a_write_is_bounded() -> None:
    async def scenario() -> list[int]:
        disk = Disk()
        group: GroupCommit[str, bool] = GroupCommit(disk.write)
        await asyncio.gather(*(group.submit(f"{number}") for number in range(BATCH_MAX + 5)))
        return [len(batch) for batch in disk.batches]

    assert asyncio.run(scenario()) == [BATCH_MAX, 5]


def test_closing_waits_for_what_is_queued_and_takes_nothing_more() -> None:
    async def scenario() -> None:
        disk = Disk(lasting=3)
        group: GroupCommit[str, bool] = GroupCommit(disk.write)
        waiters = [asyncio.create_task(group.submit(f"{number}")) for number in range(9)]
        await asyncio.sleep(0)
        await group.close()
        assert len(disk.written) == 9
        assert await asyncio.gather(*waiters) == [True] * 9
        with pytest.raises(Unavailable):
            await group.submit("late")

    asyncio.run(scenario())


def test_a_failure_keeps_its_cause_for_the_log() -> None:
    async def scenario() -> None:
        group: GroupCommit[str, bool] = GroupCommit(Disk(failing=frozenset({0})).write)
        with pytest.raises(Unavailable) as caught:
            await group.submit("a")
        assert isinstance(caught.value.__cause__, OSError)

    asyncio.run(scenario())
