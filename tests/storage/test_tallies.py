"""Tallies: sums grow by what several workers bring, dates only move forward, and idle is what nobody used."""

from __future__ import annotations

import asyncio

import pytest

from tallystick.clients.credential import PUBLIC_KEY, Credential
from tallystick.storage.store import Storage
from tallystick.tallies import CredentialUses, DailyCount, Tallies, day_of
from tests.storage.samples import TENANT, save

pytestmark = pytest.mark.anyio

DAY_MS = 86_400_000


def used(credential_id: str, last_used_at_ms: int, uses: int = 1, tenant_id: str = TENANT) -> CredentialUses:
    return CredentialUses(tenant_id=tenant_id, credential_id=credential_id, last_used_at_ms=last_used_at_ms, uses=uses)


def counted(day: str, count: int, name: str = "seccft", tenant_id: str = TENANT) -> DailyCount:
    return DailyCount(tenant_id=tenant_id, day=day, name=name, count=count, updated_at_ms=count)


def key(id: str, client_id: str = "app", created_at_ms: int = 0, withdrawn_at_ms: int | None = None) -> Credential:
    return Credential(
        tenant_id=TENANT,
        id=id,
        client_id=client_id,
        credential_type=PUBLIC_KEY,
        created_at_ms=created_at_ms,
        updated_at_ms=created_at_ms,
        withdrawn_at_ms=withdrawn_at_ms,
    )


async def test_uses_add_up_over_workers_and_the_last_one_stays_the_last(storage: Storage, other: Storage) -> None:
    await storage.add_tallies([used("a", 500, 3), used("b", 10)], [])
    await other.add_tallies([used("a", 400, 2), used("a", 900, 1, tenant_id="other")], [])
    assert await storage.credential_uses(TENANT, ["a", "b", "c"]) == {"a": used("a", 500, 5), "b": used("b", 10)}
    assert await storage.credential_uses("other", ["a"]) == {"a": used("a", 900, 1, tenant_id="other")}
    assert await storage.credential_uses(TENANT, []) == {}


async def test_many_workers_at_once_lose_nothing(storage: Storage, other: Storage) -> None:
    rows = [used(f"c{number:02}", 1) for number in range(20)]
    await asyncio.gather(*(store.add_tallies(rows, []) for store in (storage, other) for _ in range(10)))
    found = await storage.credential_uses(TENANT, [row.credential_id for row in rows])
    assert {use.uses for use in found.values()} == {20}


async def test_days_are_counted_apart(storage: Storage) -> None:
    await storage.add_tallies([], [counted("2026-01-01", 2), counted("2026-01-02", 1), counted("2026-01-03", 9)])
    await storage.add_tallies([], [counted("2026-01-01", 5), counted("2026-01-02", 4, "feccft")])
    await storage.add_tallies([], [counted("2026-01-01", 5, tenant_id="other")])
    found = await storage.daily_counts(TENANT, "2026-01-01", "2026-01-02")
    assert [(row.day, row.name, row.count) for row in found] == [
        ("2026-01-01", "seccft", 7),
        ("2026-01-02", "feccft", 4),
        ("2026-01-02", "seccft", 1),
    ]


async def test_idle_is_what_is_old_and_was_not_used_since(storage: Storage) -> None:
    old = [key("never"), key("long-ago"), key("lately"), key("others", "other-app"), key("gone", withdrawn_at_ms=5)]
    await save(storage, *old, key("new", created_at_ms=2 * DAY_MS))
    await storage.add_tallies([used("long-ago", 10, 7), used("lately", 3 * DAY_MS), used("others", 1)], [])
    await storage.add_tallies([used("never", 3 * DAY_MS, tenant_id="other")], [])
    found = await storage.idle_credentials(TENANT, DAY_MS)
    assert [(one.credential.id, one.last_used_at_ms, one.uses) for one in found] == [
        ("never", None, 0),
        ("long-ago", 10, 7),
        ("others", 1, 1),
    ]
    assert found[0].credential == key("never")
    assert await storage.idle_credential_count(TENANT, DAY_MS) == 3
    of_app = await storage.idle_credentials(TENANT, DAY_MS, client_id="app", offset=1, limit=5)
    assert [one.credential.id for one in of_app] == ["long-ago"]
    assert await storage.idle_credential_count(TENANT, DAY_MS, client_id="app") == 2
    assert await storage.idle_credentials("other", DAY_MS) == []


async def test_what_a_worker_counted_is_kept_until_the_database_takes_it(storage: Storage) -> None:
    class Moody:
        """A store that fails once."""

        failures = 1

        async def add_tallies(self, *rows: list[object]) -> None:
            if self.failures:
                self.failures -= 1
                raise ConnectionError
            await storage.add_tallies(*rows)  # type: ignore[arg-type]  # handed on as it came

    tallies = Tallies(Moody())  # type: ignore[arg-type]  # only this is asked of it
    tallies.used(TENANT, "a", 7)
    tallies.counted(TENANT, "seccft", DAY_MS)
    with pytest.raises(ConnectionError):
        await tallies.flush()
    tallies.used(TENANT, "a", 5)
    await tallies.flush()
    await tallies.flush()
    assert await storage.credential_uses(TENANT, ["a"]) == {"a": used("a", 7, 2)}
    assert [row.count for row in await storage.daily_counts(TENANT, day_of(DAY_MS), day_of(DAY_MS))] == [1]
