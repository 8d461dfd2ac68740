"""An application that cannot meet its profile hears so when it is saved: field by field, all in one answer."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.jose.keys import jwk_of, public_key_of
from tallystick.profiles import PROFILES
from tests.certificate_mill import jwk_with, leaf
from tests.forge import Key
from tests.inprocess import InProcess
from tests.profiles.forms import Json, Keys, body_of, new_keys, uploaded

LEVEL = "fapi2_ms_pkj_mtls"


@pytest.fixture(scope="module")
def keys() -> Keys:
    """One set for all: who is refused takes up no key."""
    return new_keys()


def message_of(house: InProcess, method: str, path: str, body: Json) -> str:
    """What the caller hears of a refusal."""
    answer = house.call(method, path, body)
    assert answer.status == 400, answer.content
    assert answer.json()["errorCode"] == "invalid_body"
    return str(answer.json()["message"])


def with_rs256(where: str) -> Json:
    return {where: {"alg": "RS256"}} if where == "jwt_configuration" else {where: "RS256"}


def inline(key: Key, **members: Any) -> Json:
    return {"jwks": {"keys": [{**jwk_of(public_key_of(key.private.public_key())), **members}]}}


P384 = Key("ES384")
NOT_MET: dict[str, tuple[Json, str]] = {
    "a secret": (
        {"client_authentication_methods": None},
        "private_key_jwt, not client_secret_post' on property client_authentication_methods",
    ),
    "no key to authenticate": (
        {"client_authentication_methods": {"private_key_jwt": {"credentials": []}}},
        "on property client_authentication_methods.private_key_jwt",
    ),
    "a key of another algorithm": (
        {"client_authentication_methods": {"private_key_jwt": {"credentials": [uploaded(P384)]}}},
        "ES256, Ed25519, PS256, not ES384",
    ),
    "an inline key of another algorithm": (
        {"client_authentication_methods": {"private_key_jwt": inline(P384)}},
        "client_authentication_methods.private_key_jwt.jwks.keys[0]: fapi2_ms_pkj_mtls allows",
    ),
    "no key to sign": ({"signed_request_object": None}, "on property signed_request_object"),
    "a key of another algorithm to sign": (
        {"signed_request_object": {"credentials": [uploaded(P384)]}},
        "signed_request_object.credentials[0]: fapi2_ms_pkj_mtls allows the algorithms",
    ),
    "requests in another algorithm": (
        {"request_object_signing_alg": "RS256"},
        "not RS256' on property request_object_signing_alg",
    ),
    "a callback without TLS": (
        {"callbacks": ["https://app.example/callback", "http://localhost/callback"]},
        "https alone' on property callbacks[1]",
    ),
    **{
        f"{field} of another algorithm": (with_rs256(field), f"not RS256' on property {field}")
        for field in ("jwt_configuration", "userinfo_signed_response_alg", "authorization_signed_response_alg")
    },
}


@pytest.mark.parametrize(("fields", "expected"), NOT_MET.values(), ids=NOT_MET)
def test_what_does_not_meet_the_profile_is_told_on_its_field(
    house: InProcess, keys: Keys, fields: Json, expected: str
) -> None:
    body = {name: value for name, value in {**body_of(LEVEL, keys), **fields}.items() if value is not None}
    assert expected in message_of(house, "POST", "clients", body)
    plain = house.made("POST", "clients", {**body, "compliance_level": "none"})
    refused = message_of(house, "PATCH", f"clients/{plain['client_id']}", {"compliance_level": LEVEL})
    assert expected in refused


def test_everything_is_told_at_once(house: InProcess) -> None:
    body = {
        "name": "x",
        "compliance_level": LEVEL,
        "callbacks": ["http://localhost/"],
        **with_rs256("jwt_configuration"),
    }
    told = message_of(house, "POST", "clients", body)
    for field in (
        "client_authentication_methods:",
        "signed_request_object:",
        "callbacks[0]:",
        "jwt_configuration.alg:",
    ):
        assert field in told
    assert "on property compliance_level" in told


@pytest.mark.parametrize("level", PROFILES)
def test_who_meets_a_level_is_kept_without_a_warning(house: InProcess, level: str) -> None:
    client = house.made("POST", "clients", body_of(level, new_keys()) if level != "none" else {"name": "x"})
    assert client.get("compliance_level", "none") == level
    assert "warnings" not in client


def test_who_signs_nobody_in_needs_no_key_to_sign_requests(house: InProcess) -> None:
    body = body_of(LEVEL, new_keys(), grant_types=["client_credentials"], signed_request_object=None)
    assert "warnings" not in house.made("POST", "clients", body)


def test_defaults_are_what_the_profile_allows(house: InProcess) -> None:
    client = house.made("POST", "clients", body_of(LEVEL, new_keys(), grant_types=None))
    assert client["grant_types"] == ["authorization_code", "refresh_token", "client_credentials"]
    theirs = house.made("POST", "clients", body_of(LEVEL, new_keys(), grant_types=None, is_first_party=False))
    assert "alg" not in theirs["jwt_configuration"]


def test_an_idle_grant_is_told_and_not_refused(house: InProcess) -> None:
    client = house.made("POST", "clients", body_of(LEVEL, new_keys(), grant_types=["authorization_code", "implicit"]))
    assert client["warnings"] == [f"grant_types: {LEVEL} has the response type code alone, without implicit"]


def test_keys_first_and_the_level_with_the_change_over(house: InProcess) -> None:
    """The order of Terraform and deploy-cli: an application, its credentials, and one update that uses them."""
    keys = new_keys()
    client = house.made("POST", "clients", {"name": "x", "callbacks": ["https://app.example/callback"]})
    path = f"clients/{client['client_id']}"
    by_key, to_sign = (
        house.made("POST", f"{path}/credentials", uploaded(key))["id"] for key in (keys.authentication, keys.signing)
    )
    changed = house.made(
        "PATCH",
        path,
        {
            "token_endpoint_auth_method": None,
            "client_authentication_methods": {"private_key_jwt": {"credentials": [{"id": by_key}]}},
            "signed_request_object": {"credentials": [{"id": to_sign}]},
            "compliance_level": LEVEL,
        },
    )
    assert changed["compliance_level"] == LEVEL


def test_a_key_that_was_lost_can_always_be_taken_out(house: InProcess) -> None:
    client = house.made("POST", "clients", body_of(LEVEL, new_keys()))
    path = f"clients/{client['client_id']}"
    lost = client["signed_request_object"]["credentials"][0]["id"]
    changed = house.made("PATCH", path, {"signed_request_object": {"credentials": []}})
    assert changed["warnings"] == [
        f"signed_request_object: {LEVEL} wants signed requests, so a live key for ES256, Ed25519, PS256 is needed here"
    ]
    assert house.call("DELETE", f"{path}/credentials/{lost}").status == 204


def test_a_change_may_not_make_it_worse(house: InProcess) -> None:
    client = house.made("POST", "clients", body_of(LEVEL, new_keys()))
    path = f"clients/{client['client_id']}"
    for field in ("userinfo_signed_response_alg", "authorization_signed_response_alg"):
        assert f"on property {field}" in message_of(house, "PATCH", path, with_rs256(field))
    assert "on property callbacks[0]" in message_of(house, "PATCH", path, {"callbacks": ["http://localhost/"]})
    assert house.made("PATCH", path, {"name": "y"})["name"] == "y"


def test_a_certificate_in_the_client_or_at_an_address_meets_a_level_with_mtls(house: InProcess) -> None:
    method, level = "self_signed_tls_client_auth", "fapi2_sp_mtls_mtls"
    body: Json = {"name": "a", "compliance_level": level, "grant_types": ["client_credentials"]}
    for holder in ({"jwks": {"keys": [jwk_with(leaf("CN=a"))]}}, {"jwks_uri": "https://app.example/jwks.json"}):
        house.made("POST", "clients", {**body, "client_authentication_methods": {method: holder}})
    none: Json = {"client_authentication_methods": {method: {"credentials": []}}}
    assert f"client_authentication_methods.{method}" in message_of(house, "POST", "clients", {**body, **none})
