"""Several processes on one database, and processes that die (attacks.md 2, 4)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import pytest

from tallystick.clients.client import Client
from tallystick.storage.migrate import current
from tallystick.storage.opening import open_storage
from tallystick.storage.steps import head
from tallystick.storage.store import Storage
from tests.patience import HANGING_S, LOOK_AGAIN_S, Patience
from tests.storage.samples import TENANT, value

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).parents[2]


@contextmanager
def process(url: str, *words: str) -> Iterator[subprocess.Popen[str]]:
    """A process of ours; killed at the latest when the test is over."""
    command = [sys.executable, "-m", "tests.storage.process", url, *words]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        try:
            yield running
        finally:
            running.kill()


def line(running: subprocess.Popen[str]) -> str:
    assert running.stdout is not None
    return running.stdout.readline().strip()


def go(*all_running: subprocess.Popen[str]) -> None:
    """Let them begin at the same time."""
    for running in all_running:
        assert line(running) == "ready"
    for running in all_running:
        assert running.stdin is not None
        running.stdin.write("go\n")
        running.stdin.flush()


def acknowledged_until_killed(running: subprocess.Popen[str], lines_count: int) -> list[list[str]]:
    """What it acknowledged up to ``kill -9`` in the middle of its work."""
    lines = [line(running) for _ in range(lines_count)]
    running.kill()
    assert running.stdout is not None
    lines += [rest for rest in running.stdout.read().splitlines(keepends=True) if rest.endswith("\n")]
    return [words.split() for words in lines]


def test_one_value_spent_50_times_by_two_processes_at_once_succeeds_once(url: str) -> None:
    with process(url, "spend_many", "jti", "25") as one, process(url, "spend_many", "jti", "25") as two:
        go(one, two)
        assert sorted((line(one), line(two))) == ["0", "1"]


async def test_acknowledged_writes_survive_kill_9_and_changes_are_whole(url: str) -> None:
    with process(url, "write_for_ever") as running:
        acknowledged = acknowledged_until_killed(running, 400)
    storage = await open_storage(url)
    clients = {found.client_id for found in await storage.find(Client, TENANT)}
    events = {row.event.client_id for row in await storage.log_page(TENANT, limit=100_000)}
    committed = [number for word, number in acknowledged if word == "committed"]
    assert committed
    assert {f"a{number}" for number in committed} <= clients
    # Never half a change: both clients, their event and the revision came together, acknowledged or not.
    assert {name for name in clients if name[0] == "a"} == events
    assert {name[1:] for name in clients if name[0] == "a"} == {name[1:] for name in clients if name[0] == "b"}
    assert await storage.revision(TENANT) == len(events)
    spent = [text for word, text in acknowledged if word == "spent"]
    assert len(spent) > 10
    assert not any([await storage.spend(value(text)) for text in spent])
    await storage.close()


def test_changes_decided_by_two_processes_on_the_same_revision_never_lose_one(url: str) -> None:
    with process(url, "raise_counter", "30") as one, process(url, "raise_counter", "30") as two:
        go(one, two)
        assert (line(one), line(two)) == ("done", "done")
    counter = anyio.run(_counter, url)
    assert counter == 60


async def _counter(url: str) -> int:
    storage = await open_storage(url)
    found = await storage.get(Client, TENANT, "counter")
    await storage.close()
    return found.updated_at_ms if found else 0


async def test_a_commit_of_another_process_is_known_within_500_ms(url: str, storage: Storage) -> None:
    with process(url, "commit_one", "app") as running:
        go(running)
        assert await anyio.to_thread.run_sync(line, running) == "done"
        patience = Patience()
        while storage.known(TENANT) != 1:
            assert patience.is_left()
            await anyio.sleep(LOOK_AGAIN_S)


async def test_a_killed_holder_lets_go_of_the_lock_of_the_deployment(url: str, storage: Storage) -> None:
    with process(url, "hold_lock") as running:
        assert line(running) == "held"
        with anyio.move_on_after(0.2) as waiting:
            async with storage.exclusive():
                pass
        assert waiting.cancelled_caught
        running.kill()
        with anyio.fail_after(HANGING_S):
            async with storage.exclusive():
                pass


async def test_several_processes_migrate_an_empty_database_at_once(empty_url: str) -> None:
    with (
        process(empty_url, "migrate") as one,
        process(empty_url, "migrate") as two,
        process(empty_url, "migrate") as three,
    ):
        go(one, two, three)
        assert [line(one), line(two), line(three)] == ["done"] * 3
    assert await current(empty_url) == head()
