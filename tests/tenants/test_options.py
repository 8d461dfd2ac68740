"""Options in force: defaults, and what documents make of them."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.tenants.option_fields import FACTORS
from tallystick.tenants.options import factors_shown, in_force


def test_a_tenant_that_never_said_anything_has_every_document() -> None:
    options = in_force("t1", {})

    assert options.connection.id.startswith("con_")
    assert options.connection.id == in_force("t1", {"branding": {}}).connection.id != in_force("t2", {}).connection.id
    assert not options.connection.disable_signup
    assert options.connection.password_length_min == 8
    assert options.brute_force.enabled
    assert options.brute_force.max_attempts == 10
    assert options.address_throttling.sign_in.max_attempts == 100
    assert options.breached.blocks_sign_up
    assert not options.breached.blocks_sign_in
    assert options.factor_policy.enabled == {"otp", "webauthn-roaming", "webauthn-platform", "recovery-code"}
    assert not options.factor_policy.required


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("connection", {"options": {"password_complexity_options": {"min_length": None}, "validation": None}}),
        ("connection", {"options": {"authentication_methods": {"password": None}}}),
        ("suspicious-ip-throttling", {"stage": {"pre-login": None}}),
        ("breached-password-detection", {"stage": {"pre-change-password": None}}),
        ("branding", {"colors": {"primary": None}}),
    ],
)
def test_a_member_that_is_null_has_its_default(name: str, value: dict[str, Any]) -> None:
    assert in_force("t1", {name: value}) == in_force("t1", {})


def test_a_factor_that_is_not_offered_is_never_on() -> None:
    assert factors_shown(dict.fromkeys(FACTORS, True))["sms"] is False
    assert factors_shown({"otp": False}, enabled=True).keys() == {
        "webauthn-roaming",
        "webauthn-platform",
        "recovery-code",
    }
