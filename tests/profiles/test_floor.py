"""The floor: what a tenant demands of every application, from the moment it is set, and of whom it does not."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from msgspec.structs import fields

from tallystick.profiles import FLOORS, OAUTH21, PROFILES, Profile, profile_of, stricter
from tallystick.tenants.setting_fields import SETTINGS
from tests.application import JWT_BEARER, decoded
from tests.authorization.asking import asking, check_of, set_tenant
from tests.inprocess import Answered, InProcess
from tests.profiles.forms import Keys, body_of, new_keys
from tests.profiles.test_fit import message_of

FLOOR = "fapi2_security"


def by_secret(house: InProcess, client: dict[str, Any], audience: str) -> Answered:
    return house.token(audience=audience, client_id=client["client_id"], client_secret=client["client_secret"])


def by_key(house: InProcess, client_id: str, keys: Keys, audience: str, *certificates: bytes) -> Answered:
    assertion = keys.authentication.assertion(client_id, house.issuer)
    form: dict[str, Any] = {"client_assertion_type": JWT_BEARER, "client_assertion": assertion}
    return house.token(certificates, audience=audience, **form)


def test_the_setting_has_every_floor() -> None:
    assert set(get_args(SETTINGS["compliance_level_floor"].type)) == set(FLOORS)


def test_a_floor_counts_at_once_for_every_application_and_goes_as_it_came(house: InProcess) -> None:
    audience = house.api()["identifier"]
    client = house.client(audience)
    assert by_secret(house, client, audience).status == 200
    set_tenant(house, compliance_level_floor=FLOOR)
    assert by_secret(house, client, audience).status == 401
    assert check_of(house) == "profile.authentication_methods"
    set_tenant(house, compliance_level_floor=None)
    assert by_secret(house, client, audience).status == 200


def test_under_a_floor_alone_tokens_are_bound(house: InProcess) -> None:
    """An application without a level: the floor is its profile."""
    audience, keys = house.api()["identifier"], new_keys()
    methods = body_of("fapi2_sp_pkj_mtls", keys)["client_authentication_methods"]
    client = house.client(audience, client_authentication_methods=methods)
    assert by_key(house, client["client_id"], keys, audience).status == 200
    set_tenant(house, compliance_level_floor=FLOOR)
    refused = by_key(house, client["client_id"], keys, audience)
    assert (refused.status, refused.json()["error"], check_of(house)) == (400, "invalid_request", "sender.profile")
    bound = by_key(house, client["client_id"], keys, audience, b"certificate")
    assert set(decoded(bound.json()["access_token"])[1]["cnf"]) == {"x5t#S256"}


def test_tokens_of_before_that_are_not_bound_open_nothing_of_ours_any_more(house: InProcess) -> None:
    client = house.client(house.bootstrap["management"]["audience"], ["read:clients"])
    audience = house.bootstrap["management"]["audience"]
    token = by_secret(house, client, audience).json()["access_token"]
    asked = asking(house).tokens()["access_token"]

    def statuses() -> tuple[int, int]:
        shown = {b"authorization": f"Bearer {asked}".encode()}
        return house.call("GET", "clients", token=token).status, house.request("GET", "/userinfo", headers=shown).status

    assert statuses() == (200, 200)
    set_tenant(house, compliance_level_floor=FLOOR)
    assert statuses() == (401, 401)
    assert house.call("GET", "clients").status == 200
    set_tenant(house, compliance_level_floor=None)
    assert statuses() == (200, 200)


def test_the_management_application_is_never_locked_out(house: InProcess) -> None:
    for floor in FLOORS:
        set_tenant(house, compliance_level_floor=floor)
        house.forget_token()
        assert house.call("GET", "clients").status == 200
    # It may take a level of its own, which then counts as anybody's.
    client_id = house.bootstrap["management"]["client_id"]
    assert "on property client_authentication_methods" in message_of(
        house, "PATCH", f"clients/{client_id}", {"compliance_level": "fapi2_sp_pkj_mtls", "grant_types": []}
    )


def test_another_application_of_the_management_api_is_under_the_floor(house: InProcess) -> None:
    client = house.client(house.bootstrap["management"]["audience"], ["read:clients"])
    set_tenant(house, compliance_level_floor=FLOOR)
    assert by_secret(house, client, house.bootstrap["management"]["audience"]).status == 401


def test_saving_is_judged_under_the_floor(house: InProcess) -> None:
    before = house.made("POST", "clients", {"name": "before", "callbacks": ["http://localhost/", "https://b.example/"]})
    path = f"clients/{before['client_id']}"
    set_tenant(house, compliance_level_floor=FLOOR)
    assert "fapi2_security cannot be met" not in message_of(
        house, "POST", "clients", {"name": "x", "grant_types": ["client_credentials"]}
    )
    # Who was there before is mended step by step, and hears each time what is left.
    told = house.made("PATCH", path, {"name": "still here"})["warnings"]
    assert [one.partition(":")[0] for one in told] == ["client_authentication_methods", "callbacks[0]", "grant_types"]
    told = house.made("PATCH", path, {"callbacks": ["https://b.example/"]})["warnings"]
    assert [one.partition(":")[0] for one in told] == ["client_authentication_methods", "grant_types"]
    assert "callbacks[0]" in message_of(house, "PATCH", path, {"callbacks": ["http://localhost/"]})


def test_the_global_application_stays_as_it_is(house: InProcess) -> None:
    set_tenant(house, compliance_level_floor=FLOOR)
    (everybody,) = house.ask("GET", "clients?is_global=true")
    assert house.made("PATCH", f"clients/{everybody['client_id']}", {"description": "x"})["description"] == "x"


def test_an_unknown_floor_is_refused(house: InProcess) -> None:
    assert house.call("PATCH", "tenants/settings", {"compliance_level_floor": "fapi2_sp_pkj_mtls"}).status == 400


@pytest.mark.parametrize("level", PROFILES)
@pytest.mark.parametrize("floor", FLOORS)
def test_neither_level_nor_floor_is_ever_weakened(level: str, floor: str) -> None:
    """Field by field: a set loses members alone, a demand stays one, a life gets shorter, an overlap longer."""
    both = profile_of(level, floor)
    for one in (PROFILES[level], FLOORS[floor]):
        for field in fields(Profile):
            mine, joined = getattr(one, field.name), getattr(both, field.name)
            if field.name in ("name", "default_signing_alg"):
                continue
            if field.name in ("signed_response_types", "refresh_overlap_ms_min") or isinstance(mine, bool):
                assert joined >= mine, field.name
            elif mine is None:
                continue
            else:
                assert joined <= mine, field.name
    assert both.default_signing_alg in both.signing_algs
    assert stricter(PROFILES[level], OAUTH21) == PROFILES[level]
