"""Names that never answer hold up nobody but who asks for them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest

from tallystick.outbound import system_names
from tallystick.outbound.system_names import SystemNames
from tests.patience import HANGING_S

pytestmark = pytest.mark.anyio


@pytest.fixture
def tarpit(monkeypatch: pytest.MonkeyPatch) -> Iterator[Event]:
    """While it is not set, names that begin with ``slow`` have no answer."""
    gate = Event()

    def ask(host: str, port: int, family: int, kind: int) -> list[Any]:
        if host.startswith("slow"):
            gate.wait(HANGING_S)
        if host == "nowhere.example":
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return [(family, kind, 6, "", ("192.0.2.7", port))]

    monkeypatch.setattr(socket, "getaddrinfo", ask)
    yield gate
    gate.set()


async def test_names_that_never_answer_leave_room_for_others(tarpit: Event, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_names, "AT_ONCE_MAX", 41)
    names = SystemNames()
    slow = [asyncio.create_task(names.addresses(f"slow{number}.example", 443, 0)) for number in range(40)]
    await asyncio.sleep(0)
    assert await asyncio.wait_for(names.addresses("app.example", 443, 0), HANGING_S / 2) == ["192.0.2.7"]
    with pytest.raises(OSError, match="unknown"):
        await names.addresses("nowhere.example", 443, 0)
    # Whoever gives up leaves a thread behind, which counts until it ends.
    for task in slow:
        task.cancel()
    await asyncio.gather(*slow, return_exceptions=True)
    last = asyncio.create_task(names.addresses("slow.example", 443, 0))
    await asyncio.sleep(0)
    with pytest.raises(OSError, match="Too many"):
        await names.addresses("app.example", 443, 0)
    tarpit.set()
    assert await last == ["192.0.2.7"]
