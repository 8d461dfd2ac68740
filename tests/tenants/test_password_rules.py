"""What a password must look like."""

from __future__ import annotations

import pytest

from tallystick.tenants.password_rules import PasswordRules


@pytest.mark.parametrize(
    ("rules", "password", "broken"),
    [
        (PasswordRules(), "a" * 7, "too_short"),
        (PasswordRules(), "a" * 8, None),
        (PasswordRules(length_min=15), "fourteen signs", "too_short"),
        (PasswordRules(policy="low", length_min=1), "abcde", "too_short"),
        (PasswordRules(policy="low", length_min=1), "abcdef", None),
        (PasswordRules(policy="fair"), "abcdefgH", "too_plain"),
        (PasswordRules(policy="fair"), "abcdefG8", None),
        (PasswordRules(policy="good"), "abcdefgh8", "too_plain"),
        (PasswordRules(policy="good"), "abcdefg-8", None),
        (PasswordRules(policy="excellent"), "abcdef-8", "too_short"),
        (PasswordRules(policy="excellent"), "abcdef-888", "repeating"),
        (PasswordRules(policy="excellent"), "abcdef-889", None),
        (PasswordRules(dictionary=frozenset({"tallystick"})), "TallyStick", "listed"),
        (PasswordRules(no_personal_info=True), "my-NINA-is-here", "personal"),
        (PasswordRules(no_personal_info=True), "nothing of her's", None),
    ],
)
def test_a_password_against_the_rules(rules: PasswordRules, password: str, broken: str | None) -> None:
    assert rules.broken_by(password, ("nina@example.com", None, "Jo")) == broken
