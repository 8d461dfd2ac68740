"""Codes of authenticator apps (RFC 6238, RFC 4226) and recovery codes: each good once, and not to be guessed."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest

from tallystick.errors import OAuthError
from tallystick.users.authenticator import Authenticator
from tallystick.users.factor_checks import FactorChecks
from tallystick.users.totp import provisioning_uri
from tests.inprocess import InProcess
from tests.users.factor_house import WRONG, FactorHouse

STEP = 30
QUARTER_S = 900


@pytest.fixture
def jane(house: InProcess) -> FactorHouse:
    # In the middle of a step, so that seconds here and there mean what they say.
    house.clock.advance(STEP - (house.clock.now_ms() / 1000) % STEP + STEP / 2)
    return FactorHouse(house)


def after(jane: FactorHouse, seconds: float) -> None:
    jane.house.clock.advance(seconds)


def test_rfc_6238_appendix_b_last_six_digits() -> None:
    key = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # the RFC's own, in Base32; its codes there have eight digits
    assert [pyotp.TOTP(key).at(at) for at in (59, 1111111109, 20000000000)] == ["287082", "081804", "353130"]


def test_a_code_holds_one_step_either_way_and_no_further(jane: FactorHouse) -> None:
    jane.add_totp()
    after(jane, 10 * STEP)
    assert jane.type(jane.code(-2 * STEP)) == "factor.code"
    assert jane.type(jane.code(2 * STEP)) == "factor.code"
    assert jane.type(jane.code(-STEP)) == "passed"
    assert jane.type(jane.code()) == "passed"
    assert jane.type(jane.code(STEP)) == "passed"


def test_a_code_is_good_once_and_none_before_it_is_after(jane: FactorHouse) -> None:
    jane.add_totp()
    assert jane.type(jane.code()) == "factor.code"  # the one that confirmed the enrolment
    after(jane, 3 * STEP)
    assert jane.type(jane.code()) == "passed"
    assert jane.type(jane.code()) == "factor.code"
    assert jane.type(jane.code(-STEP)) == "factor.code"


def test_a_code_typed_with_gaps_counts(jane: FactorHouse) -> None:
    jane.add_totp()
    after(jane, 3 * STEP)
    code = jane.code()
    assert jane.type(f" {code[:3]} {code[3:]} ") == "passed"


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "\uff11\uff12\uff13\uff14\uff15\uff16", "\ud800"])
def test_what_is_no_code_is_refused_as_a_wrong_one(jane: FactorHouse, typed: str) -> None:
    jane.add_totp()
    assert jane.type(typed) == "factor.code"


def test_twenty_at_once_with_one_code_are_one_success(jane: FactorHouse) -> None:
    jane.add_totp()
    after(jane, 3 * STEP)
    code, checks = jane.code(), jane.parts.checks

    async def all_at_once() -> list[object]:
        tries = [checks.code(jane.facts_at(now_ms), jane.user, code) for _ in range(20)]
        return await asyncio.gather(*tries, return_exceptions=True)

    now_ms = jane.house.clock.now_ms()
    outcomes = jane.house.run(all_at_once())
    assert sum(not isinstance(outcome, BaseException) for outcome in outcomes) == 1
    assert {outcome.check for outcome in outcomes if isinstance(outcome, OAuthError)} <= {
        "factor.code",
        "factor.blocked",
    }


def test_two_that_read_the_same_step_do_not_both_use_it(jane: FactorHouse) -> None:
    """The write is decided by the version that was read: another worker's success in between refuses this one."""
    jane.add_totp()
    after(jane, 3 * STEP)
    code, facts, storage = jane.code(), jane.facts, jane.house.worker.storage
    both_have_read = asyncio.Barrier(2)

    class Together:
        """The storage, which answers the first look of both at once."""

        waiting = 2

        def __getattr__(self, name: str) -> Any:
            return getattr(storage, name)

        async def find(self, *what: Any, **how: Any) -> Any:
            found = await storage.find(*what, **how)
            if self.waiting:
                self.waiting -= 1
                await both_have_read.wait()
            return found

    parts: Any = jane.parts.checks
    together: Any = Together()
    checks = FactorChecks(
        together, storage, parts._sealer, jane.house.worker.handles, jane.parts.challenges, parts._attempts
    )

    async def both() -> list[object]:
        return await asyncio.gather(*(checks.code(facts, jane.user, code) for _ in range(2)), return_exceptions=True)

    assert sum(isinstance(outcome, OAuthError) for outcome in jane.house.run(both())) == 1


def test_brute_force_ends_after_ten_and_waits_longer_each_time(jane: FactorHouse) -> None:
    jane.add_totp()
    after(jane, 3 * STEP)
    assert [jane.type(WRONG) for _ in range(11)] == ["factor.code"] * 10 + ["factor.blocked"]
    assert jane.type(jane.code()) == "factor.blocked"  # not even the right one: it would tell that it is
    after(jane, QUARTER_S - 1)
    assert jane.type(jane.code()) == "factor.blocked"
    after(jane, 1)
    assert [jane.type(WRONG) for _ in range(11)] == ["factor.code"] * 10 + ["factor.blocked"]
    after(jane, QUARTER_S)
    assert jane.type(jane.code()) == "factor.blocked"
    after(jane, QUARTER_S)
    assert jane.type(jane.code()) == "passed"
    assert jane.type(WRONG) == "factor.code"  # the count is over


def test_guesses_at_the_same_moment_are_counted_too(jane: FactorHouse) -> None:
    jane.add_totp()
    checks, now_ms = jane.parts.checks, jane.house.clock.now_ms()

    async def all_at_once() -> list[str]:
        tries = [checks.code(jane.facts_at(now_ms), jane.user, WRONG) for _ in range(60)]
        return [getattr(one, "check", "") for one in await asyncio.gather(*tries, return_exceptions=True)]

    assert jane.house.run(all_at_once()).count("factor.code") <= 10


def test_recovery_codes_share_the_count_and_are_good_once(jane: FactorHouse) -> None:
    codes = jane.add_totp()
    assert len(set(codes)) == 10
    assert jane.type_recovery(codes[0]) == "passed"
    assert jane.type_recovery(codes[0]) == "factor.recovery_code"
    assert jane.type_recovery(codes[1].lower().replace("-", " ").replace("0", "o").replace("1", "l")) == "passed"
    assert [jane.type_recovery("ABCD-EFGH-JKMN-PQRS") for _ in range(10)] == ["factor.recovery_code"] * 10
    assert jane.type(jane.code(STEP)) == "factor.blocked"


def test_recovery_codes_of_somebody_else_open_nothing(jane: FactorHouse) -> None:
    codes = jane.add_totp()
    bob = FactorHouse(jane.house, "bob@example.org")
    bob.add_totp()
    assert bob.type_recovery(codes[0]) == "factor.recovery_code"


def test_new_recovery_codes_end_the_old_ones(jane: FactorHouse) -> None:
    old = jane.add_totp()
    new = jane.house.run(jane.parts.factors.new_recovery_codes(jane.facts, jane.user))
    assert jane.type_recovery(old[0]) == "factor.recovery_code"
    assert jane.type_recovery(new[0]) == "passed"


def test_neither_key_nor_codes_stand_in_the_database_in_clear(jane: FactorHouse) -> None:
    codes = jane.add_totp()
    rows = jane.house.run(jane.house.worker.storage.find(Authenticator, jane.house.tenant.tenant_id))
    assert len(rows) == 2
    kept = repr(rows)
    assert jane.key not in kept
    assert not any(code in kept or code.replace("-", "") in kept for code in codes)


def test_a_sealed_key_opens_for_its_own_factor_alone(jane: FactorHouse) -> None:
    """Who can write rows but has no master key cannot give one person another's key."""
    from msgspec.structs import replace

    from tallystick.sealing import SealBroken
    from tallystick.users.totp import key_text

    jane.add_totp()
    (factor,) = jane.has
    assert key_text(factor, jane.house.worker.people_sealer) == jane.key
    with pytest.raises(SealBroken):
        key_text(replace(factor, id="another"), jane.house.worker.people_sealer)


def test_the_qr_code_says_who_and_where() -> None:
    uri = urlsplit(provisioning_uri("A" * 32, "jane@example.org", "Acme: Bank"))
    assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
    assert unquote(uri.path) == "/Acme  Bank:jane@example.org"
    assert parse_qs(uri.query)["secret"] == ["A" * 32]
