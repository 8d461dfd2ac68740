"""Who owes a second factor: whoever has one, and whoever must."""

from __future__ import annotations

from collections.abc import Collection

import msgspec
import pytest

from tallystick.users.assurance import Assurance
from tallystick.users.authenticator import RECOVERY_CODE, TOTP, WEBAUTHN, Authenticator
from tallystick.users.factors import Owed, may_enroll, sorted_out, what_is_owed

PASSWORD, BOTH, PASSKEY = ["pwd"], ["pwd", "otp", "mfa"], ["hwk", "user", "mfa"]
NOTHING, SECOND, KEY = Assurance.NONE, Assurance.TWO_FACTORS, Assurance.PASSKEY


class Policy(msgspec.Struct, frozen=True):
    """What a tenant wants."""

    all_applications: bool = False
    offered: Collection[str] = (TOTP, WEBAUTHN)


def have(*kinds: str, is_confirmed: bool = True) -> list[Authenticator]:
    """Factors of one person."""
    return [
        Authenticator(tenant_id="t", id=kind, user_id="u", type=kind, is_confirmed=is_confirmed, created_at_ms=0)
        for kind in kinds
    ]


@pytest.mark.parametrize(
    ("kinds", "policy", "amr", "demanded", "owed"),
    [
        ([], Policy(), PASSWORD, NOTHING, Owed.NONE),
        ([TOTP], Policy(), PASSWORD, NOTHING, Owed.CHALLENGE),
        ([WEBAUTHN], Policy(), PASSWORD, NOTHING, Owed.CHALLENGE),
        ([TOTP], Policy(offered=()), PASSWORD, NOTHING, Owed.CHALLENGE),
        ([TOTP], Policy(), BOTH, NOTHING, Owed.NONE),
        ([TOTP], Policy(), PASSKEY, NOTHING, Owed.NONE),
        ([RECOVERY_CODE], Policy(), PASSWORD, NOTHING, Owed.NONE),
        ([], Policy(all_applications=True), PASSWORD, NOTHING, Owed.ENROLL),
        ([], Policy(all_applications=True, offered=()), PASSWORD, NOTHING, Owed.ENROLL),
        ([], Policy(all_applications=True), PASSKEY, NOTHING, Owed.NONE),
        ([], Policy(), PASSWORD, SECOND, Owed.ENROLL),
        ([], Policy(offered=()), PASSWORD, SECOND, Owed.NONE),
        ([TOTP], Policy(), PASSWORD, KEY, Owed.CHALLENGE),
        ([TOTP], Policy(), BOTH, KEY, Owed.ENROLL),
        ([TOTP], Policy(offered=(TOTP,)), BOTH, KEY, Owed.NONE),
        ([TOTP, WEBAUTHN], Policy(), BOTH, KEY, Owed.CHALLENGE),
    ],
)
def test_what_is_owed(kinds: list[str], policy: Policy, amr: list[str], demanded: Assurance, owed: Owed) -> None:
    assert what_is_owed(sorted_out(have(*kinds)), policy, amr, demanded) is owed


def test_a_factor_that_nothing_confirmed_is_none() -> None:
    half_done = sorted_out(have(TOTP, WEBAUTHN, is_confirmed=False))
    assert half_done.factors == ()
    assert what_is_owed(half_done, Policy(), PASSWORD, NOTHING) is Owed.NONE
    assert what_is_owed(half_done, Policy(all_applications=True), PASSWORD, NOTHING) is Owed.ENROLL


def test_a_demand_with_nothing_on_offer_locks_nobody_out() -> None:
    assert list(may_enroll(Policy(offered=()), Owed.ENROLL, NOTHING)) == [TOTP]
    assert list(may_enroll(Policy(offered=(WEBAUTHN,)), Owed.ENROLL, SECOND)) == [WEBAUTHN]
    assert list(may_enroll(Policy(), Owed.ENROLL, KEY)) == [WEBAUTHN]
    assert list(may_enroll(Policy(offered=()), Owed.NONE, NOTHING)) == []
