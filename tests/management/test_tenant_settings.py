"""``/tenants/settings`` through the door (auth0.md 4.6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tallystick.management.routes import Resource
from tallystick.management.tenant_settings import TenantSettingsResource
from tallystick.records import Writer
from tallystick.tenants.registry import Tenants
from tallystick.tenants.tenant import Tenant
from tests.memory import MemoryRecords

from .conftest import OTHER_TENANT, Api, Management

PATH = "/tenants/settings"


def resources(_records: MemoryRecords, writer: Writer) -> Sequence[Resource]:
    return (TenantSettingsResource(Tenants(writer)),)


@pytest.fixture
def management() -> Management:
    return Management(resources)


def test_defaults_are_shown_before_anything_is_set(api: Api) -> None:
    shown = api("GET", PATH, expect=200)
    assert shown["mtls"] == {"enable_endpoint_aliases": True}
    assert shown["pushed_authorization_requests_supported"] is True
    assert shown["credentials_per_client_max"] == 10
    assert shown["flags"]["remove_alg_from_jwks"] is False


def test_an_update_answers_with_all_settings_and_holds(api: Api) -> None:
    answer = api("PATCH", PATH, {"friendly_name": "Acme", "flags": {"enable_sso": False}}, expect=200)
    assert (answer["friendly_name"], answer["flags"]["enable_sso"]) == ("Acme", False)
    assert api("GET", PATH, expect=200) == answer
    assert "friendly_name" not in api("PATCH", PATH, {"friendly_name": None}, expect=200)


def test_two_updates_merge(api: Api) -> None:
    api("PATCH", PATH, {"flags": {"remove_alg_from_jwks": True}}, expect=200)
    answer = api("PATCH", PATH, {"flags": {"enable_sso": False}, "support_url": "https://a.example/"}, expect=200)
    assert (answer["flags"]["remove_alg_from_jwks"], answer["flags"]["enable_sso"]) == (True, False)


def test_fields_choose_what_is_shown(api: Api) -> None:
    assert api("GET", PATH, params={"fields": "mtls"}, expect=200) == {"mtls": {"enable_endpoint_aliases": True}}
    without = api("GET", PATH, params={"fields": "mtls,flags", "include_fields": "false"}, expect=200)
    assert not {"mtls", "flags"} & without.keys()
    api("GET", PATH, params={"page": "1"}, expect=400)


@pytest.mark.parametrize("body", [{"unknown": 1}, {"credentials_per_client_max": 0}, {"default_token_quota": {}}])
def test_what_the_table_does_not_take_changes_nothing(api: Api, body: dict[str, Any]) -> None:
    before = api("GET", PATH, expect=200)
    refusal = api("PATCH", PATH, body | {"friendly_name": "Acme"}, expect=400)
    assert refusal["errorCode"] == "invalid_body"
    assert api("GET", PATH, expect=200) == before


def test_settings_belong_to_one_tenant(api: Api, management: Management) -> None:
    api("PATCH", PATH, {"friendly_name": "Acme"}, expect=200)
    management.tenant = OTHER_TENANT
    assert "friendly_name" not in api("GET", PATH, expect=200)


def test_nothing_but_settings_changes(api: Api, management: Management) -> None:
    before = management.records.rows[Tenant]["t1",]
    api("PATCH", PATH, {"friendly_name": "Acme"}, expect=200)
    after = management.records.rows[Tenant]["t1",]
    assert (after.name, after.issuer, after.mtls_issuer) == (before.name, before.issuer, before.mtls_issuer)
    (event,) = management.records.events
    assert (event.description, event.details["changed"]) == ("Update tenant settings", ["friendly_name"])


@pytest.mark.parametrize(("method", "scope"), [("GET", "read:tenant_settings"), ("PATCH", "update:tenant_settings")])
def test_each_call_needs_its_scope(api: Api, method: str, scope: str) -> None:
    refusal = api(method, PATH, {}, scope="read:clients", expect=403)
    assert refusal["message"] == f"Insufficient scope, expected any of: {scope}"
    api(method, PATH, {}, scope=scope, expect=200)
