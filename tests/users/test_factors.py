"""How factors come and go: recovery codes with the first and the last, the last one kept where all must have one."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from tallystick.errors import Conflict, NotFound
from tests.inprocess import InProcess
from tests.software_authenticator import SoftwareAuthenticator
from tests.users.factor_house import POLICY, FactorHouse

DEMANDED = replace(POLICY, required=True)


@pytest.fixture
def jane(house: InProcess) -> FactorHouse:
    return FactorHouse(house)


def codes_of(jane: FactorHouse) -> bool:
    enrolled = jane.house.run(jane.parts.factors.enrolled(jane.tenant, jane.user.user_id))
    return enrolled.recovery_codes is not None


def test_recovery_codes_come_with_the_first_and_go_with_the_last(jane: FactorHouse) -> None:
    factors = jane.parts.factors
    assert len(jane.add_totp()) == 10
    jane.add_passkey(SoftwareAuthenticator())
    app, passkey = jane.has
    jane.house.run(factors.remove(jane.facts, jane.user, app.id, POLICY))
    assert codes_of(jane)
    jane.house.run(factors.remove(jane.facts, jane.user, passkey.id, POLICY))
    assert not codes_of(jane)
    with pytest.raises(Conflict):
        jane.house.run(factors.new_recovery_codes(jane.facts, jane.user))


def test_who_must_have_a_factor_keeps_the_last(jane: FactorHouse) -> None:
    factors = jane.parts.factors
    jane.add_totp()
    jane.add_passkey(SoftwareAuthenticator())
    app, passkey = jane.has

    async def both_at_once() -> list[object]:
        removals = [factors.remove(facts, jane.user, one.id, DEMANDED) for one in (app, passkey)]
        return await asyncio.gather(*removals, return_exceptions=True)

    facts = jane.facts
    outcomes = jane.house.run(both_at_once())
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 1
    (left,) = jane.has
    jane.house.run(factors.remove(jane.facts, jane.user, left.id))  # an administrator lets them begin anew
    assert jane.has == []


def test_nobody_touches_the_factors_of_others(jane: FactorHouse) -> None:
    bob = FactorHouse(jane.house, "bob@example.org")
    bob.add_totp()
    (theirs,) = bob.has
    for change in (
        jane.parts.factors.remove(jane.facts, jane.user, theirs.id, POLICY),
        jane.parts.factors.rename(jane.facts, jane.user, theirs.id, "mine"),
    ):
        with pytest.raises(NotFound):
            jane.house.run(change)
    assert [one.name for one in bob.has] == [""]


def test_names_are_one_plain_line(jane: FactorHouse) -> None:
    jane.add_totp()
    (app,) = jane.has
    jane.house.run(jane.parts.factors.rename(jane.facts, jane.user, app.id, "  my\n\x00phone \u202e " + "x" * 100))
    assert jane.has[0].name == ("my phone " + "x" * 100)[:60]
