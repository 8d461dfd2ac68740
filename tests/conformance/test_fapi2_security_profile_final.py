"""FAPI 2 Security Profile, Final: discovery, and what the browser goes through; for Message Signing it is the same.

The modules about pushed requests are in `test_fapi2_pushed_requests`, those about the token endpoint in
`test_fapi2_security_profile_final_token_endpoint`, those with DPoP alone in `test_fapi2_dpop`.
"""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest
from msgspec.structs import replace

from tests.conformance.fapi_resource import cases_of, check_resource
from tests.conformance.fapi_suite import OAUTH, FapiPlan
from tests.conformance.front_channel import check_error
from tests.conformance.id_token import PROTOCOL_CLAIMS
from tests.conformance.metadata import check_jwks, check_metadata
from tests.conformance.provider import EVERY_CLAIM, as_json
from tests.conformance.relying_party import CALLBACK, CALLBACK_WITH_QUERY
from tests.conformance.suite import CONSENT, LOGIN

FAPI_ALGS = {"PS256", "ES256", "EdDSA"}
ASYMMETRIC = FAPI_ALGS | {"PS384", "PS512", "ES384", "ES512", "Ed25519"}


@pytest.mark.parametrize("path", [".well-known/openid-configuration", ".well-known/oauth-authorization-server"])
def test_fapi2_security_profile_final_discovery_end_point_verification(fapi: FapiPlan, path: str) -> None:
    """By either URL: as openid_connect and as plain_oauth."""
    provider = fapi.provider
    document = as_json(provider.fetch(f"{provider.issuer}{path}"))
    check_metadata(document, provider.issuer)
    check_jwks(provider.jwks)
    assert document["pushed_authorization_request_endpoint"].startswith(provider.issuer)
    assert type(document["require_pushed_authorization_requests"]) is bool
    assert document["authorization_response_iss_parameter_supported"] is True
    assert document["tls_client_certificate_bound_access_tokens"] is True
    assert FAPI_ALGS <= set(document["dpop_signing_alg_values_supported"]) <= ASYMMETRIC
    assert "S256" in document["code_challenge_methods_supported"]
    assert {"authorization_code", "client_credentials"} <= set(document["grant_types_supported"])
    assert {party.method for party in fapi.parties} <= set(document["token_endpoint_auth_methods_supported"])
    for name in ("token_endpoint_auth", "id_token", "userinfo", "request_object", "authorization"):
        assert set(document[f"{name}_signing_alg_values_supported"]) >= FAPI_ALGS
    # conformance.md 2, JARM.
    assert "jwt" in document["response_modes_supported"]
    assert isinstance(document["authorization_encryption_alg_values_supported"], list)


def test_fapi2_security_profile_final_happy_flow(fapi: FapiPlan) -> None:
    """Both clients, with everything that is looked at on the way; from the page for signing in to the resource."""
    flows = [fapi.flow(party, fapi.provider.browser()) for party in fapi.parties]
    assert all(f"POST {LOGIN}" in flow.browser.trail for flow in flows)
    assert flows[0].stop.location.startswith(f"{CALLBACK}?")
    assert flows[1].stop.location.startswith(f"{CALLBACK_WITH_QUERY}&")
    for party, flow in zip(fapi.parties, flows, strict=True):
        check_resource(party, flow.tokens["access_token"])
    url, (client, second) = fapi.provider.metadata["userinfo_endpoint"], fapi.parties
    assert client.fetch(url, flows[1].tokens["access_token"]).status == 401
    assert second.fetch(url, flows[1].tokens["access_token"], possesses=False).status == 401


def test_fapi2_security_profile_final_happy_flow_of_plain_oauth(fapi: FapiPlan) -> None:
    """No ID token: it was not asked for."""
    plain = fapi.varied(**OAUTH)
    for party in plain.parties:
        assert plain.flow(party).tokens["scope"] == "read"


def test_fapi2_security_profile_final_happy_flow_with_authorization_details(fapi: FapiPlan) -> None:
    """authorization_request_type=rar: what is sent comes back with the tokens (each flow looks at that)."""
    details = json.dumps([{"type": "payment", "instructedAmount": {"currency": "EUR", "amount": "123.50"}}])
    for party in fapi.varied(**OAUTH).parties:
        assert "authorization_details" in fapi.flow(party, authorization_details=details).tokens


@pytest.mark.parametrize("is_signed_in", [False, True])
def test_fapi2_security_profile_final_user_rejects_authentication(fapi: FapiPlan, is_signed_in: bool) -> None:
    """At the page for signing in, and at that of consent."""
    party = replace(fapi.party(is_first_party=False), defaults=fapi.client.defaults)
    request = party.request(scope="openid email")
    stop = party.send(fapi.signed_in() if is_signed_in else fapi.provider.browser(), request)
    assert stop.path == (CONSENT if is_signed_in else LOGIN)
    stop = stop.press("deny" if is_signed_in else "cancel")
    assert check_error(party, request, stop, "access_denied")["state"]


def test_fapi2_security_profile_final_ensure_authorization_request_without_state_success(fapi: FapiPlan) -> None:
    assert "state" not in fapi.flow(state=None).answer


def test_fapi2_security_profile_final_ensure_authorization_request_without_nonce_success(fapi: FapiPlan) -> None:
    assert "nonce" not in fapi.flow(nonce=None).id_token


@pytest.mark.parametrize("chars", [64])
def test_fapi2_security_profile_final_ensure_authorization_request_with_64_char_nonce_success(
    fapi: FapiPlan, chars: int
) -> None:
    assert len(fapi.flow(nonce=secrets.token_hex(chars // 2)).id_token["nonce"]) == chars


def test_fapi2_security_profile_final_ensure_authorization_request_with_long_nonce(fapi: FapiPlan) -> None:
    assert len(fapi.flow(nonce=secrets.token_hex(192)).id_token["nonce"]) == 384


def test_fapi2_security_profile_final_ensure_other_scope_order_succeeds(fapi: FapiPlan) -> None:
    for scope in ("openid profile email", "email profile openid"):
        assert fapi.flow(scope=scope).userinfo["email"] == fapi.email


def test_fapi2_security_profile_final_test_claims_parameter_identity_claims(fapi: FapiPlan) -> None:
    """Each claim that is advertised, in each form, and one that nobody knows; in the ID token or at /userinfo."""
    named = sorted(set(fapi.provider.metadata["claims_supported"]) - PROTOCOL_CLAIMS)
    assert {"email", "family_name", "address", "phone_number", "updated_at"} < set(named)
    forms: list[Any] = [None, {"essential": True}]
    wanted = {name: forms[index % 2] for index, name in enumerate(named)}
    known = {name: {"value": EVERY_CLAIM[name]} for name in ("family_name", "zoneinfo")}
    claims = {**wanted, **known, "nobody_knows_this": None}
    flow = fapi.flow(claims=json.dumps({"userinfo": claims, "id_token": claims}))
    assert set(named) <= set(flow.userinfo) | set(flow.id_token)
    assert flow.userinfo["family_name"] == EVERY_CLAIM["family_name"]


def test_fapi2_security_profile_final_access_token_type_header_case_sensitivity(fapi: FapiPlan) -> None:
    token, url = fapi.flow().tokens["access_token"], fapi.provider.metadata["userinfo_endpoint"]
    for scheme in cases_of(fapi.client.token_type):
        assert fapi.client.fetch(url, token, scheme=scheme).status == 200


def test_fapi2_security_profile_final_ensure_redirect_uri_in_authorization_request(fapi: FapiPlan) -> None:
    """Of one that is registered alone there could be a default: here is none, and of two neither."""
    party = fapi.party(callbacks=[CALLBACK, f"{CALLBACK}/2"])
    for one in (fapi.client, party):
        reply = one.push(one.carried(one.request(redirect_uri=None)))
        assert as_json(reply, 400)["error"] in ("invalid_request", "invalid_request_object")
