"""Of several workers on one database exactly one tells an application, on both databases."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest

from tallystick.clients.directory import ClientDirectory
from tallystick.clock import SystemClock
from tallystick.handles import HandleHasher
from tallystick.logout.delivery import LogoutDelivery
from tallystick.logout.endings import Endings
from tallystick.logout.sender import Sender
from tallystick.outbound.guarded import Fetched
from tallystick.storage.store import Storage
from tallystick.tenants.tenant import Tenant
from tallystick.tokens.response_encryption import ResponseEncryption
from tallystick.tokens.subject import Subjects
from tests.patience import HANGING_S
from tests.storage.samples import TENANT, client, save, tenant

pytestmark = pytest.mark.anyio


class Told:
    """What was told to whom, in place of the network; and what signs, in place of the keys."""

    def __init__(self) -> None:
        self.urls: Counter[str] = Counter()

    async def post_form(self, url: str, fields: dict[str, str], *, tenant_id: str) -> Fetched:
        await asyncio.sleep(0)
        self.urls[url] += 1
        return Fetched(status=200, content_type="", headers={}, content=b"")

    async def signer(self, *_: object) -> Told:
        return self

    def sign(self, claims: bytes, typ: str) -> str:
        return claims.decode() + typ


def sender(storage: Storage, told: Any) -> Sender:
    clients = ClientDirectory(storage, storage)

    async def find(tenant_id: str) -> Tenant | None:
        return tenant(tenant_id)

    return Sender(
        live=storage,
        find_tenant=find,
        clients=clients,
        ring=told,
        encryption=ResponseEncryption(told),
        subjects=Subjects(HandleHasher(b"k" * 32)),
        outbound=told,
        endings=Endings(storage, clients, storage),
        clock=SystemClock(),
    )


async def until(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110  # another task's work
        await asyncio.sleep(0.01)


def delivery(name: str, at_ms: int = 1) -> LogoutDelivery:
    return LogoutDelivery(
        tenant_id=TENANT,
        id=name,
        client_id=name,
        url=f"https://{name}.example/",
        session_id="s",
        user_id="u",
        next_attempt_at_ms=at_ms,
        created_at_ms=SystemClock().now_ms(),
        purge_at_ms=2**62,
    )


async def test_due_is_what_has_come_the_earliest_first(storage: Storage) -> None:
    await storage.write(saves=[delivery("c", 3), delivery("a", 1), delivery("b", 2), delivery("d", 4)])
    assert [one.id for one in await storage.due(LogoutDelivery, "next_attempt_at_ms", 3, 10)] == ["a", "b", "c"]
    assert [one.id for one in await storage.due(LogoutDelivery, "next_attempt_at_ms", 3, 2)] == ["a", "b"]


async def test_each_application_is_told_once_by_whichever_worker(storage: Storage, other: Storage) -> None:
    names = [f"c{number}" for number in range(15)]
    urls = {name: {"oidc_logout": {"backchannel_logout_urls": [f"https://{name}.example/"]}} for name in names}
    await save(storage, *(client(name, metadata=urls[name]) for name in names))
    await storage.write(saves=[delivery(name) for name in names])
    told = Told()
    senders = [sender(each, told) for each in (storage, other, storage, other)]
    sent = await asyncio.gather(*(each.send_due() for each in senders))
    assert sum(sent) == len(names)
    assert told.urls == Counter(f"https://{name}.example/" for name in names)
    assert await storage.find(LogoutDelivery, TENANT) == []


async def test_the_sender_is_woken_by_an_end_and_stops_when_it_is_told_to(storage: Storage) -> None:
    told = Told()
    running = sender(storage, told)
    running.start()
    await save(storage, client("a", metadata={"oidc_logout": {"backchannel_logout_urls": ["https://a.example/"]}}))
    await storage.write(saves=[delivery("a")])
    async with asyncio.timeout(HANGING_S):
        running._endings.wake()
        await until(lambda: bool(told.urls))
    await running.close()
    assert told.urls == Counter(["https://a.example/"])


async def test_what_is_just_being_taken_is_not_begun_again(storage: Storage) -> None:
    names = ("a", "b")
    urls = {name: {"oidc_logout": {"backchannel_logout_urls": [f"https://{name}.example/"]}} for name in names}
    await save(storage, *(client(name, metadata=urls[name]) for name in names))
    await storage.write(saves=[delivery("a")])
    begun: list[str] = []
    write, may_go = storage.write, asyncio.Event()

    async def held_up(**what: Any) -> None:
        begun.extend(saved.id for saved in what.get("saves", ()))
        await may_go.wait()
        await write(**what)

    told = Told()
    running = sender(storage, told)
    with patch.object(storage, "write", held_up):
        running.start()
        async with asyncio.timeout(HANGING_S):
            await until(lambda: begun == ["a"])
            await write(saves=[delivery("b")])
            running._endings.wake()
            await until(lambda: "b" in begun)
            assert begun == ["a", "b"]
            may_go.set()
            await until(lambda: len(told.urls) == len(names))
        await running.close()
    assert begun == ["a", "b"]
