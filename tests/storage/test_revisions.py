"""What a worker knows of revisions without asking (`records.Revisions`)."""

from __future__ import annotations

import asyncio
import time

import pytest

from tallystick.storage.opening import open_storage
from tallystick.storage.store import Storage
from tests.patience import LOOK_AGAIN_S, Patience
from tests.storage.samples import TENANT, client, save

pytestmark = pytest.mark.anyio


async def test_nothing_is_known_before_the_watch_begins(url: str) -> None:
    storage = await open_storage(url)
    assert storage.known(TENANT) is None
    await storage.start()
    assert storage.known(TENANT) == 0
    await storage.close()


async def test_an_own_commit_is_known_at_once(storage: Storage) -> None:
    await save(storage, client("a"))
    assert storage.known(TENANT) == 1
    assert storage.known("other") == 0


async def test_a_commit_of_another_worker_is_known_within_500_ms(storage: Storage, other: Storage) -> None:
    for revision in range(1, 4):
        await save(other, client("a"))
        patience = Patience()
        while storage.known(TENANT) != revision:
            assert patience.is_left()
            await asyncio.sleep(LOOK_AGAIN_S)


async def test_revisions_from_before_the_start_are_known(url: str, storage: Storage) -> None:
    await save(storage, client("a"))
    later = await open_storage(url)
    await later.start()
    assert later.known(TENANT) == 1
    await later.close()


async def test_silence_of_more_than_1500_ms_means_not_known(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = time.monotonic()
    storage._known.looked(now_s)
    monkeypatch.setattr(time, "monotonic", lambda: now_s + 1.4)
    assert storage.known(TENANT) == 0
    monkeypatch.setattr(time, "monotonic", lambda: now_s + 1.6)
    assert storage.known(TENANT) is None


async def test_a_late_answer_never_takes_a_revision_back(storage: Storage) -> None:
    storage._known.learn(TENANT, 5)
    storage._known.learn_all([(TENANT, 4)])
    assert storage.known(TENANT) == 5
