"""Families: withdrawn one by one and by the hundred, and forgotten when nothing of them can be alive."""

from __future__ import annotations

import asyncio
from typing import Any

from msgspec.structs import replace

from tallystick.tokens.families import Families, begin, refreshes
from tallystick.tokens.family import TokenFamily
from tests.inprocess import InProcess
from tests.tokens.allowed import allowed


def made(house: InProcess, count: int, user_id: str = "u") -> list[TokenFamily]:
    """Families, with refresh tokens, as the database has them."""
    about: dict[str, Any] = {"client_id": "c", "session_id": None, "audience": None, "scope": (), "auth_time_ms": 0}
    tenant_id, now_ms = house.tenant.tenant_id, house.clock.now_ms()
    rows = [
        replace(begin(tenant_id=tenant_id, user_id=user_id, now_ms=now_ms, **about), has_refresh_token=True)
        for _ in range(count)
    ]
    house.run(house.worker.storage.write(saves=rows))
    return [replace(row, version=1) for row in rows]


def test_withdrawing_by_the_hundred_while_one_is_in_use(house: InProcess) -> None:
    storage, tenant_id, now_ms = house.worker.storage, house.tenant.tenant_id, house.clock.now_ms()
    mine, theirs = made(house, 120), made(house, 1, "other")
    families = Families(storage)

    class Busy:
        """A refresh comes between the look and the write."""

        get, write = storage.get, storage.write

        async def find(self, *about: Any, **where: Any) -> list[TokenFamily]:
            found = await storage.find(*about, **where)
            await storage.write(saves=(replace(mine[5], generation=1),))
            return found

    busy: Any = Busy()
    assert house.run(Families(busy).withdraw_where(tenant_id, {"user_id": "u"}, "test", now_ms)) == 120
    assert house.run(families.withdraw_where(tenant_id, {"user_id": "u"}, "test", now_ms)) == 0
    left = house.run(storage.find(TokenFamily, tenant_id, where={"withdrawn_at_ms": None}))
    assert [family.id for family in left] == [theirs[0].id]
    assert house.run(families.living(tenant_id, mine[5].id)) is None
    assert house.run(families.living(tenant_id, theirs[0].id)) == theirs[0]


def test_a_withdrawal_tells_who_was_first(house: InProcess) -> None:
    (family,), families = made(house, 1), Families(house.worker.storage)
    tenant_id, now_ms = house.tenant.tenant_id, house.clock.now_ms()

    async def twice() -> list[bool]:
        return await asyncio.gather(*(families.withdraw(tenant_id, family, "test", now_ms) for _ in range(5)))

    assert sum(house.run(twice())) == 1


def test_whether_a_refresh_token_lives(house: InProcess) -> None:
    (family,) = made(house, 1)
    assert refreshes(family, 10)
    for over in (
        {"has_refresh_token": False},
        {"withdrawn_at_ms": 5},
        {"expires_at_ms": 10},
        {"idle_expires_at_ms": 10},
    ):
        assert not refreshes(replace(family, **over), 10)
    assert refreshes(replace(family, expires_at_ms=11, idle_expires_at_ms=11), 10)


def test_a_family_without_a_refresh_token_goes_with_its_access_token(house: InProcess) -> None:
    app = allowed(house)
    house.api("https://api.example/", token_lifetime=100_000)
    token = app.tokens()["access_token"]
    app.tokens(["read"], audience="https://api.example/")
    app.tokens(["openid", "offline_access"])
    for seconds, left in ((86_399, 3), (2, 2), (100_000, 1)):
        house.clock.advance(seconds)
        house.run(house.worker.storage.forget(house.clock.now_ms()))
        assert len(app.families()) == left
    assert app.userinfo(token).status == 401
