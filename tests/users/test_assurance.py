"""Which ``acr`` a sign-in is good for, and what it still lacks (OpenID Connect Core 3.1.2.1, 5.5.1.1; RFC 8176)."""

from __future__ import annotations

import pytest

from tallystick.users.assurance import (
    ACR_LEVELS,
    BRONZE,
    MULTI_FACTOR,
    PHISHING_RESISTANT,
    Assurance,
    needs,
    satisfied_acr,
    strengthened,
)

SILVER = "urn:mace:incommon:iap:silver"
PASSWORD_ALONE, WITH_CODE, PASSKEY_ALONE = ["pwd"], ["pwd", "otp", "mfa"], ["hwk", "user", "mfa"]
WITH_PASSKEY = ["pwd", "swk", "user", "mfa"]
KEY_WITHOUT_SECOND = ["hwk", "user"]


@pytest.mark.parametrize(
    ("requested", "amr", "acr"),
    [
        ([BRONZE], PASSWORD_ALONE, BRONZE),
        ([BRONZE], [], None),
        ([MULTI_FACTOR], PASSWORD_ALONE, None),
        ([MULTI_FACTOR], WITH_CODE, MULTI_FACTOR),
        ([MULTI_FACTOR], PASSKEY_ALONE, MULTI_FACTOR),
        ([PHISHING_RESISTANT], WITH_CODE, None),
        ([PHISHING_RESISTANT], WITH_PASSKEY, PHISHING_RESISTANT),
        ([PHISHING_RESISTANT], PASSKEY_ALONE, PHISHING_RESISTANT),
        ([PHISHING_RESISTANT], KEY_WITHOUT_SECOND, None),
        ([MULTI_FACTOR, BRONZE], PASSWORD_ALONE, BRONZE),
        ([BRONZE, MULTI_FACTOR], WITH_CODE, BRONZE),
        ([SILVER], PASSWORD_ALONE, SILVER),
        (["urn:nobody:knows"], WITH_PASSKEY, None),
        ([], WITH_PASSKEY, None),
    ],
)
def test_the_first_value_that_holds_is_claimed(requested: list[str], amr: list[str], acr: str | None) -> None:
    assert satisfied_acr(requested, amr, [SILVER]) == acr


@pytest.mark.parametrize(
    ("requested", "amr", "needed"),
    [
        ([MULTI_FACTOR], PASSWORD_ALONE, Assurance.TWO_FACTORS),
        ([MULTI_FACTOR], WITH_CODE, Assurance.NONE),
        ([PHISHING_RESISTANT], WITH_CODE, Assurance.PASSKEY),
        ([PHISHING_RESISTANT, MULTI_FACTOR], PASSWORD_ALONE, Assurance.TWO_FACTORS),
        ([MULTI_FACTOR, BRONZE], PASSWORD_ALONE, Assurance.NONE),
        ([SILVER], [], Assurance.SIGNED_IN),
        (["urn:nobody:knows"], PASSWORD_ALONE, Assurance.NONE),
    ],
)
def test_the_easiest_value_says_what_is_lacking(requested: list[str], amr: list[str], needed: Assurance) -> None:
    assert needs(requested, amr, [SILVER]) is needed


def test_a_tenant_cannot_make_a_strong_name_mean_less() -> None:
    assert satisfied_acr([MULTI_FACTOR], PASSWORD_ALONE, list(ACR_LEVELS)) is None


@pytest.mark.parametrize(
    ("amr", "more", "words"),
    [
        (["pwd"], ["otp"], ["pwd", "otp", "mfa"]),
        (["pwd", "otp", "mfa"], ["hwk", "user"], ["pwd", "otp", "hwk", "user", "mfa"]),
        (["pwd"], ["pwd"], ["pwd"]),
        (["otp"], ["swk", "user"], ["otp", "swk", "user"]),
        ([], ["hwk", "user", "mfa"], ["hwk", "user", "mfa"]),
    ],
)
def test_factors_of_two_kinds_are_multiple(amr: list[str], more: list[str], words: list[str]) -> None:
    assert strengthened(amr, more) == words
