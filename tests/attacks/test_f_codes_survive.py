"""Attack 44, at redemption: a code that outlives what it stands for, kept back by an application for a minute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from tallystick.authorization.code import AuthorizationCode
from tallystick.events import Event
from tallystick.users.consents import Consents, wanted_by
from tests.inprocess import InProcess
from tests.people import signed_in
from tests.tokens.allowed import Allowed, allowed

OFFLINE = ["openid", "offline_access"]


def at_the_account(app: Allowed) -> None:
    """The person takes the application's access back on their own page, in a session of their own."""
    signed_in(app.house, app.user).get("/account").press("withdraw-1")


def by_all_grants(app: Allowed) -> None:
    app.house.ask("DELETE", f"grants?user_id={quote(app.user.user_id)}")


def by_one_grant(app: Allowed) -> None:
    (grant,) = app.house.ask("GET", f"grants?user_id={quote(app.user.user_id)}")
    app.house.ask("DELETE", f"grants/{grant['id']}")


def consented(house: InProcess) -> Allowed:
    app = allowed(house, is_first_party=False)
    wanted = wanted_by(house.tenant, None, OFFLINE)
    consents = Consents(house.worker.storage)
    house.run(consents.grant(house.tenant, app.user.user_id, app.client_id, wanted, house.clock.now_ms()))
    return app


@pytest.mark.parametrize("take_back", [at_the_account, by_all_grants, by_one_grant])
def test_44_a_code_is_taken_back_with_the_consent(house: InProcess, take_back: Callable[[Allowed], None]) -> None:
    """Otherwise the application redeems it afterwards, for a refresh token that lives on."""
    app = consented(house)
    code = app.code(OFFLINE)
    take_back(app)
    answer = app.redeem(code)
    assert (answer.status, answer.json()["error"]) == (400, "invalid_grant")
    assert app.families() == []


def test_44_a_spent_code_is_still_known_afterwards(house: InProcess) -> None:
    app = consented(house)
    code = app.code(OFFLINE)
    refresh_token = app.redeem(code).json()["refresh_token"]
    at_the_account(app)
    assert app.redeem(code).status == 400
    assert app.refresh(refresh_token).status == 400
    (row,) = house.run(house.worker.storage.find(AuthorizationCode, house.tenant.tenant_id))
    assert row.spent_at_ms is not None


@pytest.mark.parametrize("change", [{"blocked": True}, {"password": "a better battery staple"}])
def test_40_a_code_loses_against_a_block_that_comes_while_it_is_redeemed(
    house: InProcess, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    """Time of check: every check has held, nothing is written yet. What is written then outlives the withdrawal."""
    app, storage, write = allowed(house), house.worker.storage, house.worker.storage.write
    code = app.code(OFFLINE)
    tenant, now_ms = house.tenant, house.clock.now_ms()
    came: list[int] = []

    def log(description: str, **details: Any) -> Event:
        return Event(tenant_id=tenant.tenant_id, type="sapi", at_ms=now_ms, description=description, details=details)

    async def late(*, saves: Any = (), **rest: Any) -> None:
        if not came and any(isinstance(each, AuthorizationCode) for each in saves):
            came.append(1)
            await house.worker.people.accounts.update(tenant, app.user.user_id, change, now_ms, log)
        await write(saves=saves, **rest)

    monkeypatch.setattr(storage, "write", late)
    answer = app.redeem(code)
    assert came
    assert (answer.status, answer.json()["error"]) == (400, "invalid_grant")
    assert [family for family in app.families() if family.withdrawn_at_ms is None] == []
