"""The basic plan (OpenID Connect Core by the code flow), for static clients."""

from __future__ import annotations

import json
import secrets
from hashlib import sha256
from typing import Any

import pytest
from msgspec.structs import replace

from tests.conformance.back_channel import check_token_error, check_tokens, check_userinfo
from tests.conformance.front_channel import check_answer, check_error, check_error_page
from tests.conformance.given import claims_of_scopes, userinfo
from tests.conformance.id_token import check_id_token
from tests.conformance.provider import EVERY_CLAIM, as_json
from tests.conformance.relying_party import CALLBACK, RelyingParty, registered
from tests.conformance.suite import Flow, Plan
from tests.forge import Key, b64

ACR = "urn:mace:incommon:iap:bronze"


def test_oidcc_server(plan: Plan) -> None:
    """For both clients; what every flow looks at is in `suite`, `front_channel`, `back_channel` and `id_token`."""
    plan.flow()
    plan.flow(party=plan.second_client)


def test_oidcc_response_type_missing(plan: Plan) -> None:
    request = plan.client.request(response_type=None)
    stop = plan.client.send(plan.provider.browser(), request)
    check_error(plan.client, request, stop, "unsupported_response_type", "invalid_request")


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated via RFC 9864")  # that name is what OpenID clients know
def test_oidcc_idtoken_signature(plan: Plan) -> None:
    """RS256 unless the client says otherwise; what it says is what it gets."""
    plan.flow()
    algs = plan.provider.metadata["id_token_signing_alg_values_supported"]
    assert algs == ["RS256", "PS256", "ES256", "EdDSA"]
    for alg in algs[1:]:
        party = registered(plan.provider, "client_secret_basic", jwt_configuration={"alg": alg})
        plan.flow(party=replace(party, id_token_alg=alg))


def test_oidcc_idtoken_unsigned(plan: Plan) -> None:
    """The suite skips it where ``none`` is not advertised; then nobody may have it either."""
    assert "none" not in plan.provider.metadata["id_token_signing_alg_values_supported"]
    with pytest.raises(AssertionError, match="400"):
        registered(plan.provider, "client_secret_basic", jwt_configuration={"alg": "none"})


def test_oidcc_userinfo_get(plan: Plan) -> None:
    assert plan.flow().userinfo["sub"]  # every flow asks by GET


def userinfo_by_post(plan: Plan, flow: Flow, fields: dict[str, str], headers: dict[str, str]) -> None:
    reply = plan.provider.post(plan.provider.metadata["userinfo_endpoint"], fields, headers)
    assert check_userinfo(plan.client, reply, flow.id_token["sub"], set()) == flow.userinfo


def test_oidcc_userinfo_post_header(plan: Plan) -> None:
    flow = plan.flow()
    userinfo_by_post(plan, flow, {}, {"authorization": f"Bearer {flow.tokens['access_token']}"})


def test_oidcc_userinfo_post_body(plan: Plan) -> None:
    flow = plan.flow()
    userinfo_by_post(plan, flow, {"access_token": flow.tokens["access_token"]}, {})


def test_oidcc_ensure_request_without_nonce_succeeds_for_code_flow(plan: Plan) -> None:
    assert "nonce" not in plan.flow(nonce=None).id_token


def scoped(plan: Plan, *scopes: str) -> None:
    """The claims of the scopes are at /userinfo, all of them, and not in the ID token (every flow looks at that)."""
    assert {"openid", *scopes} <= set(plan.provider.metadata["scopes_supported"])
    scope = " ".join(("openid", *scopes))
    told = plan.flow(scope=scope).userinfo
    assert set(told) == {"sub", *claims_of_scopes(scope)} <= set(plan.provider.metadata["claims_supported"])
    same = set(told) & set(EVERY_CLAIM)
    assert {name: told[name] for name in same} == {name: EVERY_CLAIM[name] for name in same}


def test_oidcc_scope_profile(plan: Plan) -> None:
    scoped(plan, "profile")


def test_oidcc_scope_email(plan: Plan) -> None:
    scoped(plan, "email")


def test_oidcc_scope_address(plan: Plan) -> None:
    scoped(plan, "address")


def test_oidcc_scope_phone(plan: Plan) -> None:
    scoped(plan, "phone")


def test_oidcc_scope_all(plan: Plan) -> None:
    scoped(plan, "profile", "email", "address", "phone")


def test_oidcc_alternate_happy_flow(plan: Plan) -> None:
    """Scopes reversed, parameters in another order."""
    request = dict(reversed(plan.client.request(scope="phone address email profile openid").items()))
    assert next(iter(request)) != "client_id"
    flow = plan.flow(request=request)
    assert flow.userinfo["email"] == plan.email


def test_oidcc_display_page(plan: Plan) -> None:
    plan.flow(display="page")


def test_oidcc_display_popup(plan: Plan) -> None:
    plan.flow(display="popup")


def test_oidcc_prompt_login(plan: Plan) -> None:
    first = plan.flow()
    plan.provider.wait(2)
    second = plan.flow(first.browser, prompt="login", asks=True)
    assert second.id_token["sub"] == first.id_token["sub"]
    assert second.id_token["auth_time"] > first.id_token["auth_time"]


def test_oidcc_prompt_none_not_logged_in(plan: Plan) -> None:
    request = plan.client.request(prompt="none")
    stop = plan.client.send(plan.provider.browser(), request)
    check_error(plan.client, request, stop, "login_required")


def test_oidcc_prompt_none_logged_in(plan: Plan) -> None:
    first = plan.flow()
    plan.provider.wait(2)
    same_person(first, plan.flow(first.browser, prompt="none"))


def same_person(first: Flow, second: Flow) -> None:
    for name in ("sub", "auth_time"):
        assert second.id_token[name] == first.id_token[name]


def test_oidcc_max_age_1(plan: Plan) -> None:
    first = plan.flow()
    plan.provider.wait(2)
    second = plan.flow(first.browser, max_age="1", asks=True)
    assert second.id_token["sub"] == first.id_token["sub"]
    assert second.id_token["auth_time"] > first.id_token["auth_time"]


def test_oidcc_max_age_10000(plan: Plan) -> None:
    first = plan.flow(max_age="10000")
    plan.provider.wait(2)
    same_person(first, plan.flow(first.browser, max_age="10000"))


def test_oidcc_ensure_request_with_unknown_parameter_succeeds(plan: Plan) -> None:
    plan.flow(extra="foobar")


def test_oidcc_id_token_hint(plan: Plan) -> None:
    first = plan.flow()
    same_person(first, plan.flow(first.browser, prompt="none", id_token_hint=first.raw_id_token))


def test_oidcc_login_hint(plan: Plan) -> None:
    plan.flow(login_hint="buffy@suite.example")


def test_oidcc_ui_locales(plan: Plan) -> None:
    plan.flow(ui_locales="se")


def test_oidcc_claims_locales(plan: Plan) -> None:
    plan.flow(claims_locales="se")


def test_oidcc_ensure_request_with_acr_values_succeeds(plan: Plan) -> None:
    """With values of the document where it has some, as the suite does."""
    values = plan.provider.metadata.get("acr_values_supported", ["1", "2"])
    assert ACR in values
    assert plan.flow(acr_values=" ".join(values)).id_token["acr"] in values
    assert "acr" not in plan.flow(acr_values="1 2").id_token


def test_oidcc_codereuse(plan: Plan) -> None:
    flow = plan.flow()
    check_token_error(plan.client.redeem(flow.answer["code"]), "invalid_grant")


def test_oidcc_codereuse_30seconds(plan: Plan) -> None:
    flow = plan.flow(scope="openid offline_access")
    plan.provider.wait(30)
    check_token_error(plan.client.redeem(flow.answer["code"]), "invalid_grant")
    # What the code gave is over: a copy of it may have been used first (RFC 6749 4.1.2).
    assert userinfo(plan.client, flow.tokens["access_token"]).status == 401
    check_token_error(plan.client.refresh(flow.tokens["refresh_token"]), "invalid_grant")


def test_oidcc_ensure_registered_redirect_uri(plan: Plan) -> None:
    for redirect_uri in (f"{plan.client.redirect_uri}/{secrets.token_hex(4)}", f"{plan.client.redirect_uri}?a=b"):
        request = plan.client.request(redirect_uri=redirect_uri)
        check_error_page(plan.client.send(plan.provider.browser(), request), "redirect_uri")


def test_oidcc_ensure_post_request_succeeds(plan: Plan) -> None:
    first = plan.flow(by_post=True)
    plan.flow(first.browser, by_post=True, prompt="none")


def test_oidcc_server_client_secret_post(plan: Plan) -> None:
    plan.flow(party=registered(plan.provider, "client_secret_post"))


def test_oidcc_server_private_key_jwt(plan: Plan) -> None:
    """``oidcc-server`` with this client_auth_type: the assertion is for the token endpoint."""
    plan.flow(party=registered(plan.provider, "private_key_jwt"))


def check_request_object(plan: Plan, error: str, **parameters: str) -> None:
    """The suite skips both, since none is not advertised. An answer as if nothing had been sent would be bad."""
    request = plan.client.request(**parameters)
    check_error(plan.client, request, plan.client.send(plan.provider.browser(), request), error)


def test_oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported(plan: Plan) -> None:
    assert "none" not in plan.provider.metadata["request_object_signing_alg_values_supported"]
    check_request_object(plan, "invalid_request_uri", request_uri="https://suite.example/requests/1#abc")


def test_oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported(plan: Plan) -> None:
    assert "none" not in plan.provider.metadata["request_object_signing_alg_values_supported"]
    claims = json.dumps({"client_id": plan.client.client_id, "response_type": "code", "state": "inside"})
    unsigned = f"{b64(json.dumps({'alg': 'none'}).encode())}.{b64(claims.encode())}."
    check_request_object(plan, "invalid_request_object", request=unsigned)


def test_oidcc_ensure_request_object_with_redirect_uri(plan: Plan) -> None:
    """The suite skips it where objects must be signed; what is signed decides all the same."""
    key, inner = Key("RS256"), f"{CALLBACK}/inner"
    credential = {"credential_type": "public_key", "pem": key.public_pem, "alg": key.alg}
    fields: dict[str, Any] = {"callbacks": [CALLBACK, inner], "signed_request_object": {"credentials": [credential]}}
    outer = registered(plan.provider, "client_secret_basic", **fields)
    party = replace(outer, redirect_uri=inner)
    request = party.request()
    stop = plan.sign_in(outer.send(plan.provider.browser(), outer.request(request=key.jwt(request))))
    answer = check_answer(party, request, stop)
    check_tokens(party, party.redeem(answer["code"]), "openid")


def test_oidcc_claims_essential(plan: Plan) -> None:
    assert plan.provider.metadata["claims_parameter_supported"] is True
    flow = plan.flow(claims=json.dumps({"userinfo": {"name": {"essential": True}}}))
    assert flow.userinfo["name"] == EVERY_CLAIM["name"]
    in_both = {"id_token": {"email": None, "unheard_of": None}, "userinfo": {"email": {"value": "other@suite.example"}}}
    flow = plan.flow(claims=json.dumps(in_both))
    assert flow.id_token["email"] == flow.userinfo["email"] == plan.email


def test_oidcc_refresh_token(plan: Plan) -> None:
    assert "refresh_token" in plan.provider.metadata["grant_types_supported"]
    parties = (plan.client, plan.second_client)
    flows = [plan.flow(party=party, scope="openid offline_access", prompt="consent") for party in parties]
    for party, flow in zip(parties, flows, strict=True):
        refreshed = check_tokens(party, party.refresh(flow.tokens["refresh_token"]), "openid offline_access")
        if "id_token" in refreshed:
            claims = refreshed_claims(party, refreshed["id_token"], refreshed["access_token"])
            assert {name: claims[name] for name in ("sub", "auth_time")} == {
                name: flow.id_token[name] for name in ("sub", "auth_time")
            }
        assert as_json(userinfo(party, refreshed["access_token"]))["sub"] == flow.id_token["sub"]
    for party, stranger in (parties, reversed(parties)):
        shown = flows[parties.index(party)].tokens["refresh_token"]
        check_token_error(stranger.refresh(shown), "invalid_grant")
        check_token_error(party.refresh(shown, authenticates=False), "invalid_client", "invalid_request")
        assert as_json(party.refresh(shown))["access_token"], "what a stranger does spends nothing"


def refreshed_claims(party: RelyingParty, id_token: str, access_token: str) -> dict[str, object]:
    """OpenID Connect Core 12.2: without a nonce."""
    return check_id_token(
        party, id_token, nonce=None, requested=set(), hashed={"at_hash": access_token}, mandatory=set()
    )


def test_oidcc_ensure_request_with_valid_pkce_succeeds(plan: Plan) -> None:
    verifier = secrets.token_urlsafe(32)
    challenge = b64(sha256(verifier.encode()).digest())
    plan.flow(code_challenge=challenge, code_challenge_method="S256", redeem={"code_verifier": verifier})
