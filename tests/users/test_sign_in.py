"""What becomes of a sign-in when the account or the session changes while it is under way."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tallystick.errors import OAuthError
from tallystick.events import EventType
from tallystick.users.factors import Owed
from tallystick.users.facts import RequestFacts
from tallystick.users.session import Session
from tallystick.users.sessions import Sessions
from tallystick.users.sign_in import SignIns
from tallystick.users.user import User
from tests.inprocess import InProcess
from tests.people import person, signed_in


def sign_ins(house: InProcess) -> SignIns:
    """Nobody owes a second factor."""

    async def owed(*_: Any) -> Owed:
        return Owed.NONE

    async def end(*_: Any) -> None:
        raise AssertionError("no session of somebody else is here")

    worker = house.worker
    return SignIns(worker.storage, Sessions(worker.storage, worker.handles), owed, end, worker.tallies)


def facts(house: InProcess) -> RequestFacts:
    return RequestFacts(tenant=house.tenant, now_ms=house.clock.now_ms(), correlation_id="c", ip="192.0.2.1")


def changed(house: InProcess, user: User, **fields: Any) -> None:
    """The account changes, after the sign-in has read it."""
    house.run(house.worker.storage.write(saves=(replace(user, **fields),)))


@pytest.mark.parametrize(
    ("fields", "check"),
    [({"blocked": True}, "password.blocked"), ({"password_changed_at_ms": 1}, "sign_in.changed")],
)
def test_a_change_that_shuts_out_comes_first(house: InProcess, fields: dict[str, Any], check: str) -> None:
    user = person(house)
    changed(house, user, **fields)
    with pytest.raises(OAuthError) as refused:
        house.run(sign_ins(house).first_factor_passed(facts(house), user, ["pwd"], None))
    assert refused.value.check == check
    assert house.run(house.worker.storage.find(Session, user.tenant_id)) == []


def test_other_changes_are_kept(house: InProcess) -> None:
    user = person(house)
    changed(house, user, logins_count=7, email_verified=True)
    assert house.run(sign_ins(house).first_factor_passed(facts(house), user, ["pwd"], None)) is not None
    after = house.run(house.worker.storage.get(User, user.tenant_id, user.user_id))
    assert after is not None
    assert (after.logins_count, after.email_verified, after.last_ip) == (8, True, "192.0.2.1")


def test_an_account_that_is_gone_signs_nobody_in(house: InProcess) -> None:
    user = person(house)
    house.run(house.worker.storage.write(erasures=(user,)))
    with pytest.raises(OAuthError):
        house.run(sign_ins(house).first_factor_passed(facts(house), user, ["pwd"], None))


def test_a_session_that_ended_meanwhile_is_not_gone_on_with(house: InProcess) -> None:
    user = person(house)
    signed_in(house, user)
    (session,) = house.run(house.worker.storage.find(Session, user.tenant_id))
    house.run(house.worker.storage.write(erasures=(session,)))
    begun = house.run(sign_ins(house).first_factor_passed(facts(house), user, ["pwd"], session))
    assert begun is not None
    assert begun.session.id != session.id


def test_every_sign_in_is_a_row_and_a_count(house: InProcess) -> None:
    user = person(house)
    house.run(sign_ins(house).second_factor_passed(facts(house), user, ["pwd", "otp", "mfa"], None))
    house.flush()
    assert [one.count for one in house.daily_counts() if one.name == EventType.SIGN_IN_SUCCEEDED] == [1]
