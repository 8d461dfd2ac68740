"""Another process on the same database: `python -m tests.storage.process URL COMMAND …`; it says what it did."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from itertools import count

from tallystick.records import Decision, Writer
from tallystick.storage.migrate import migrate
from tallystick.storage.opening import open_storage
from tallystick.storage.store import Storage
from tests.storage.samples import TENANT, client, event, save, value


def say(*words: object) -> None:
    print(*words, flush=True)


async def wait_for_go() -> None:
    say("ready")
    await asyncio.to_thread(sys.stdin.readline)


async def spend_many(storage: Storage, text: str, times: str) -> None:
    """Spend one value many times at once; say how often it worked."""
    await wait_for_go()
    say(sum(await asyncio.gather(*(storage.spend(value(text)) for _ in range(int(times))))))


async def write_for_ever(storage: Storage, *_: str) -> None:
    """Commit clients with an event each and spend values, side by side; say each when it is acknowledged."""

    async def commits() -> None:
        for number in count():
            await save(storage, client(f"a{number}"), client(f"b{number}"), events=[event(client_id=f"a{number}")])
            say("committed", number)

    async def spends(lane: int) -> None:
        for number in count():
            assert await storage.spend(value(f"{lane}-{number}"))
            say("spent", f"{lane}-{number}")

    await asyncio.gather(commits(), *(spends(lane) for lane in range(8)))


async def raise_counter(storage: Storage, times: str) -> None:
    """Read, add one, write: lost updates would show."""
    writer = Writer(storage)

    async def decide() -> Decision[None]:
        found = await storage.get(type(client("")), TENANT, "counter")
        reached = found.updated_at_ms if found else 0
        return Decision(result=None, saves=[client("counter", updated_at_ms=reached + 1)])

    await wait_for_go()
    for _ in range(int(times)):
        await writer.carry_out(TENANT, decide)
    say("done")


async def commit_one(storage: Storage, name: str) -> None:
    """Commit when told."""
    await wait_for_go()
    await save(storage, client(name))
    say("done")


async def hold_lock(storage: Storage, *_: str) -> None:
    """Hold the lock of the deployment until killed."""
    async with storage.exclusive():
        say("held")
        await asyncio.sleep(3600)


COMMANDS: dict[str, Callable[..., Awaitable[None]]] = {
    "spend_many": spend_many,
    "write_for_ever": write_for_ever,
    "raise_counter": raise_counter,
    "commit_one": commit_one,
    "hold_lock": hold_lock,
}


async def main(url: str, command: str, *arguments: str) -> None:
    if command == "migrate":
        await wait_for_go()
        await migrate(url)
        say("done")
        return
    storage = await open_storage(url)
    await COMMANDS[command](storage, *arguments)
    await storage.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
