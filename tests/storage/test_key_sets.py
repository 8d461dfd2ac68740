"""Of several workers on one database exactly one fetches a key set, and all have it, on both databases."""

from __future__ import annotations

import asyncio

import pytest

from tallystick.clients.key_holders import KeyHolders
from tallystick.clients.key_sets import KeySets
from tallystick.clock import SystemClock
from tallystick.storage.store import Storage
from tests.forge import Key
from tests.publisher import Published, public_jwk
from tests.storage.samples import client

pytestmark = pytest.mark.anyio
URL = "https://app.example/jwks.json?" + "a" * 1900  # as long as an address may nearly be, and still a key of the table


@pytest.mark.parametrize("workers", [2, 8])
async def test_one_worker_fetches_for_all(storage: Storage, workers: int) -> None:
    published, now_ms = Published(), SystemClock().now_ms()
    first, second = Key("ES256", "first"), Key("ES256", "second")
    published.put(URL, public_jwk(first))
    sets = [KeySets(storage, storage, published, KeyHolders(storage, storage).elsewhere) for _ in range(workers)]

    async def all_have(kid: str, at_ms: int) -> list[bool]:
        loaded = await asyncio.gather(*(each.get(client("c"), URL, kid, at_ms) for each in sets))
        return [each.has(kid) for each in loaded]

    # First nobody has it: who inserts the row fetches. Then all need another key: who changes the row does.
    assert await all_have("first", now_ms) == [True] * workers
    assert len(published.asked) == 1
    published.put(URL, public_jwk(second))
    assert await all_have("second", now_ms + 10_000) == [True] * workers
    assert len(published.asked) == 2
    assert not any(await all_have("third", now_ms + 11_000))
    assert len(published.asked) == 2
