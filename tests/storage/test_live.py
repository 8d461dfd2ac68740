"""What `live.LiveRecords` promises, on both databases."""

from __future__ import annotations

import asyncio
import gc

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from tallystick.errors import Conflict, InvalidField
from tallystick.events import LogRow
from tallystick.records import Stale
from tallystick.storage.store import Storage
from tallystick.users.attempts import FailedAttempts
from tallystick.users.authenticator import Authenticator
from tallystick.users.user import User
from tests.storage.samples import TENANT, event

pytestmark = pytest.mark.anyio


def person(user_id: str, **fields: object) -> User:
    values = {"email": f"{user_id}@example.org", "created_at_ms": 1, "updated_at_ms": 1, **fields}
    return User(tenant_id=TENANT, user_id=user_id, **values)  # type: ignore[arg-type]  # whatever the test says


def attempts(subject: str, purge_at_ms: int) -> FailedAttempts:
    return FailedAttempts(
        tenant_id=TENANT, subject=subject, count=1, first_at_ms=1, last_at_ms=1, purge_at_ms=purge_at_ms
    )


async def log_of(storage: Storage) -> list[LogRow]:
    return await storage.log_page(TENANT)


async def test_a_write_inserts_then_replaces_and_raises_the_version(storage: Storage) -> None:
    await storage.write(saves=[person("a"), person("b")], events=[event("ss")])
    first = await storage.get(User, TENANT, "a")
    assert first == person("a", version=1)
    await storage.write(saves=[replace(first, blocked=True)])
    assert await storage.get(User, TENANT, "a") == person("a", version=2, blocked=True)
    assert [user.user_id for user in await storage.find(User, TENANT)] == ["a", "b"]
    assert [row.event.type for row in await log_of(storage)] == ["ss"]
    assert await storage.revision(TENANT) == 0  # no worker has to read its configuration anew


async def test_bytes_and_nothing_come_back_as_they_were(storage: Storage) -> None:
    sealed = Authenticator(tenant_id=TENANT, id="x", user_id="a", type="totp", secret_sealed=b"\0\xff", created_at_ms=1)
    await storage.write(saves=[sealed, replace(sealed, id="y", secret_sealed=None)])
    assert await storage.find(Authenticator, TENANT) == [
        replace(sealed, version=1),
        replace(sealed, id="y", secret_sealed=None, version=1),
    ]


async def test_of_fifty_writers_of_one_version_one_wins(storage: Storage) -> None:
    await storage.write(saves=[person("a")])
    seen = await storage.get(User, TENANT, "a")
    assert seen is not None
    outcomes = await asyncio.gather(
        *(storage.write(saves=[replace(seen, logins_count=n)], events=[event()]) for n in range(50)),
        return_exceptions=True,
    )
    assert outcomes.count(None) == 1
    assert all(isinstance(outcome, Stale) for outcome in outcomes if outcome is not None)
    assert len(await log_of(storage)) == 1


async def test_a_write_is_whole_or_nothing(storage: Storage) -> None:
    await storage.write(saves=[person("a")])
    with pytest.raises(Stale):
        await storage.write(saves=[person("b"), person("a", version=7)], events=[event()])
    with pytest.raises(Conflict):
        await storage.write(saves=[person("c"), person("d", email="a@example.org")], events=[event()])
    with pytest.raises(InvalidField):
        await storage.write(saves=[person("e"), person("f", username="\0")])
    assert [user.user_id for user in await storage.find(User, TENANT)] == ["a"]
    assert await log_of(storage) == []


async def test_an_erasure_needs_the_version_too(storage: Storage) -> None:
    await storage.write(saves=[person("a")])
    with pytest.raises(Stale):
        await storage.write(erasures=[person("a", version=2)])
    await storage.write(erasures=[person("a", version=1)])
    with pytest.raises(Stale):
        await storage.write(erasures=[person("a", version=1)])
    assert await storage.count(User, TENANT) == 0


async def test_erase_where_takes_all_that_match_of_this_tenant(storage: Storage) -> None:
    await storage.write(saves=[person("a"), person("b"), person("c", blocked=True)])
    assert await storage.erase_where(User, "other", {"blocked": False}) == 0
    assert await storage.erase_where(User, TENANT, {"blocked": False}) == 2
    assert await storage.erase_where(User, TENANT, {"email": "\0"}) == 0
    assert [user.user_id for user in await storage.find(User, TENANT)] == ["c"]


async def test_what_is_over_is_forgotten(storage: Storage) -> None:
    await storage.write(saves=[attempts("past", 10), attempts("now", 11), attempts("later", 12)])
    assert await storage.forget(11) == 1
    assert {row.subject for row in await storage.find(FailedAttempts, TENANT)} == {"now", "later"}


async def test_a_write_that_fails_after_its_waiter_left_is_said_in_the_log(storage: Storage) -> None:
    await storage.write(saves=[person("a")])
    seen = await storage.get(User, TENANT, "a")
    assert seen is not None
    await storage.write(saves=[replace(seen, blocked=True)])
    with capture_logs() as lines:
        late = asyncio.create_task(storage.write(saves=[replace(seen, logins_count=9)]))
        await asyncio.sleep(0)
        late.cancel()
        await asyncio.wait([late])
        await storage.close()
        gc.collect()  # an exception that nobody took would be reported now, and fail this test
    assert late.cancelled()
    assert [(line["event"], line["reason"]) for line in lines] == [
        ("a write failed that nobody waits for any more", "User is no longer at version 1")
    ]
