"""Who owes a second factor: whoever has one, and whoever must."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from tallystick.tenants.options import FactorPolicy
from tallystick.users.assurance import Assurance
from tallystick.users.authenticator import RECOVERY_CODE, TOTP, WEBAUTHN, Authenticator
from tallystick.users.enrolled import sorted_out
from tallystick.users.owed import Owed, attachments, may_enroll, what_is_owed

PASSWORD, BOTH, PASSKEY = ["pwd"], ["pwd", "otp", "mfa"], ["hwk", "user", "mfa"]
NOTHING, SECOND, KEY = Assurance.NONE, Assurance.TWO_FACTORS, Assurance.PASSKEY


EVERYTHING = ("otp", "webauthn-roaming", "webauthn-platform", "recovery-code")


def policy(offered: Collection[str] = EVERYTHING, *, required: bool = False) -> FactorPolicy:
    """What a tenant wants."""
    return FactorPolicy(enabled=frozenset(offered), required=required)


def have(*kinds: str, is_confirmed: bool = True) -> list[Authenticator]:
    """Factors of one person."""
    return [
        Authenticator(tenant_id="t", id=kind, user_id="u", type=kind, is_confirmed=is_confirmed, created_at_ms=0)
        for kind in kinds
    ]


@pytest.mark.parametrize(
    ("kinds", "wanted", "amr", "demanded", "owed"),
    [
        ([], policy(), PASSWORD, NOTHING, Owed.NONE),
        ([TOTP], policy(), PASSWORD, NOTHING, Owed.CHALLENGE),
        ([WEBAUTHN], policy(), PASSWORD, NOTHING, Owed.CHALLENGE),
        ([TOTP], policy(offered=()), PASSWORD, NOTHING, Owed.CHALLENGE),
        ([TOTP], policy(), BOTH, NOTHING, Owed.NONE),
        ([TOTP], policy(), PASSKEY, NOTHING, Owed.NONE),
        ([RECOVERY_CODE], policy(), PASSWORD, NOTHING, Owed.NONE),
        ([], policy(required=True), PASSWORD, NOTHING, Owed.ENROLL),
        ([], policy(required=True, offered=()), PASSWORD, NOTHING, Owed.ENROLL),
        ([], policy(required=True), PASSKEY, NOTHING, Owed.NONE),
        ([], policy(), PASSWORD, SECOND, Owed.ENROLL),
        ([], policy(offered=()), PASSWORD, SECOND, Owed.NONE),
        ([TOTP], policy(), PASSWORD, KEY, Owed.CHALLENGE),
        ([TOTP], policy(), BOTH, KEY, Owed.ENROLL),
        ([TOTP], policy(offered=("otp",)), BOTH, KEY, Owed.NONE),
        ([TOTP, WEBAUTHN], policy(), BOTH, KEY, Owed.CHALLENGE),
    ],
)
def test_what_is_owed(kinds: list[str], wanted: FactorPolicy, amr: list[str], demanded: Assurance, owed: Owed) -> None:
    assert what_is_owed(sorted_out(have(*kinds)), wanted, amr, demanded) is owed


def test_a_factor_that_nothing_confirmed_is_none() -> None:
    half_done = sorted_out(have(TOTP, WEBAUTHN, is_confirmed=False))
    assert half_done.factors == ()
    assert what_is_owed(half_done, policy(), PASSWORD, NOTHING) is Owed.NONE
    assert what_is_owed(half_done, policy(required=True), PASSWORD, NOTHING) is Owed.ENROLL


def test_a_demand_with_nothing_on_offer_locks_nobody_out() -> None:
    assert may_enroll(policy(offered=(), required=True), NOTHING) == [TOTP]
    assert may_enroll(policy(offered=("webauthn-roaming",)), SECOND) == [WEBAUTHN]
    assert may_enroll(policy(), KEY) == [WEBAUTHN]
    assert may_enroll(policy(), NOTHING) == [TOTP, WEBAUTHN]
    assert may_enroll(policy(offered=()), SECOND) == []


def test_a_tenant_may_want_one_kind_of_passkey_alone() -> None:
    assert attachments(policy(offered=("webauthn-roaming",))) == ["cross-platform"]
    assert attachments(policy()) == ["platform", "cross-platform"]
