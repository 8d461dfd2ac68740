"""auth0.md 4.6: one table of settings; updates merge, null clears, the unknown is refused."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from msgspec.structs import replace

from tallystick.errors import InvalidField
from tallystick.fields import UNSET, check_update
from tallystick.tenants.setting_fields import SETTINGS
from tallystick.tenants.settings import (
    allows_key_sharing,
    credentials_per_client_max,
    flag,
    mtls_endpoint_aliases,
    setting,
    settings_shown,
    with_settings,
)
from tallystick.tenants.tenant import Tenant

from .stored import TENANT


def after(*updates: dict[str, Any]) -> Tenant:
    tenant = TENANT
    for update in updates:
        tenant = with_settings(tenant, update)
    return tenant


def test_what_would_switch_the_product_off_starts_on() -> None:
    assert mtls_endpoint_aliases(TENANT)
    assert setting(TENANT, "pushed_authorization_requests_supported") is True
    assert setting(TENANT, "authorization_response_iss_parameter_supported") is True


def test_our_own_settings_start_safe() -> None:
    assert credentials_per_client_max(TENANT) == 10
    assert allows_key_sharing(TENANT) is False


def test_every_default_is_a_value_the_table_takes() -> None:
    for name, field in SETTINGS.items():
        if field.default is not UNSET and field.default is not None:
            assert check_update(SETTINGS, {name: field.default}) == {name: field.default}


def test_no_row_breaks_on_nonsense() -> None:
    for name in SETTINGS:
        for nonsense in ({"junk": 1}, ["\0", 1], -1, ["a", None]):
            with contextlib.suppress(InvalidField):
                check_update(SETTINGS, {name: nonsense})


def test_every_setting_but_the_read_only_ones_can_be_cleared() -> None:
    for name, field in SETTINGS.items():
        if not field.read_only:
            assert after({name: None}).settings == {}


def test_updates_merge_and_null_brings_the_default_back() -> None:
    tenant = after({"friendly_name": "A", "mtls": {"enable_endpoint_aliases": False}}, {"friendly_name": "B"})
    assert tenant.settings == {"friendly_name": "B", "mtls": {"enable_endpoint_aliases": False}}
    assert not mtls_endpoint_aliases(tenant)
    cleared = with_settings(tenant, {"mtls": None, "friendly_name": None})
    assert cleared.settings == {}
    assert mtls_endpoint_aliases(cleared)


def test_flags_merge_one_by_one() -> None:
    tenant = after({"flags": {"remove_alg_from_jwks": True, "allow_legacy_x": True}}, {"flags": {"enable_sso": False}})
    assert flag(tenant, "remove_alg_from_jwks")
    assert not flag(tenant, "enable_sso")
    assert not flag(with_settings(tenant, {"flags": {"remove_alg_from_jwks": None}}), "remove_alg_from_jwks")
    assert after({"flags": {"enable_sso": False}}, {"flags": {"enable_sso": None}}).settings == {}
    assert not flag(TENANT, "never_heard_of")


def test_an_update_leaves_the_tenant_it_was_given_alone() -> None:
    tenant = replace(TENANT, settings={"flags": {"enable_sso": False}})
    with_settings(tenant, {"flags": {"enable_sso": True}, "friendly_name": "A"})
    assert tenant.settings == {"flags": {"enable_sso": False}}


def test_what_is_shown_are_all_values_in_force() -> None:
    shown = settings_shown(after({"friendly_name": "A", "flags": {"x": True}}))
    assert shown["friendly_name"] == "A"
    assert shown["flags"] == {
        "enable_dynamic_client_registration": False,
        "revoke_refresh_token_grant": False,
        "remove_alg_from_jwks": False,
        "enable_sso": True,
        "enable_client_connections": True,
        "x": True,
    }
    assert shown["session_lifetime"] == 168
    assert "support_email" not in shown
    assert None not in shown.values()


def test_what_is_shown_can_be_sent_back() -> None:
    shown = settings_shown(TENANT)
    assert settings_shown(with_settings(TENANT, shown)) == shown


@pytest.mark.parametrize(
    "update",
    [
        {"unknown": 1},
        {"sandbox_versions_available": ["22"]},
        {"mtls": {}},
        {"mtls": {"enable_endpoint_aliases": "true"}},
        {"mtls": {"enable_endpoint_aliases": True, "more": 1}},
        {"mtls": True},
        {"pushed_authorization_requests_supported": 1},
        {"credentials_per_client_max": 0},
        {"credentials_per_client_max": 1001},
        {"credentials_per_client_max": 2.5},
        {"credentials_per_client_max": "10"},
        {"credentials_per_client_max": True},
        {"allow_key_sharing_between_clients": "yes"},
        {"session_lifetime": 0},
        {"session_lifetime": -1},
        {"session_lifetime": "168"},
        {"resource_parameter_profile": "both"},
        {"resource_parameter_profile": "audience\n"},
        {"default_redirection_uri": "javascript:alert(1)"},
        {"default_redirection_uri": "https://a.example/\nx"},
        {"flags": {"enable_sso": "yes"}},
        {"flags": {"Enable SSO": True}},
        {"flags": {f"f{n}": True for n in range(101)}},
        {"flags": []},
        {"device_flow": {"charset": "base64"}},
        {"default_token_quota": {"clients": {}}},
        {"country_codes": {"list": ["de"]}},
        {"acr_values_supported": "a"},
    ],
)
def test_what_the_table_does_not_take_is_refused(update: dict[str, Any]) -> None:
    with pytest.raises(InvalidField):
        with_settings(TENANT, update)


@pytest.mark.parametrize(
    "update",
    [
        {"session_lifetime": 12.5},
        {"device_flow": {"charset": "digits", "mask": "***-***"}},
        {"country_codes": {"list": ["DE", "AT"], "type": "allow"}},
        {"error_page": {"html": "<h1>", "show_log_link": False, "url": ""}},
        {"credentials_per_client_max": 1000},
        {"default_audience": "https://api.example/"},
    ],
)
def test_what_the_table_takes_is_kept_as_sent(update: dict[str, Any]) -> None:
    assert after(update).settings == update


@pytest.mark.parametrize(("minutes", "hours"), [(90, 1.5), (4320, 72), (100, 100 / 60), (None, 168)])
def test_minutes_set_hours_and_are_not_kept_beside_them(minutes: int | None, hours: float) -> None:
    """auth0-deploy-cli reads hours and writes minutes: two values would differ after its next import."""
    shown = settings_shown(after({"session_lifetime": 5}, {"session_lifetime_in_minutes": minutes}))
    assert shown["session_lifetime"] == hours
    assert round(60 * shown["session_lifetime"]) == (minutes or 168 * 60)
    assert "session_lifetime_in_minutes" not in shown


def test_hours_and_minutes_in_one_update_are_refused() -> None:
    with pytest.raises(InvalidField) as refusal:
        after({"idle_session_lifetime": 1, "idle_session_lifetime_in_minutes": 60})
    assert refusal.value.check == "settings.twice"
