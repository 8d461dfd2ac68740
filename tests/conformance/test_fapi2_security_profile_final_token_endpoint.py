"""FAPI 2 Security Profile, Final: the modules about the token endpoint, and those of the client_credentials profile."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from tests.administrator import Json
from tests.application import decoded
from tests.conformance.back_channel import check_token_error, check_tokens
from tests.conformance.fapi_party import FapiParty
from tests.conformance.fapi_resource import cases_of, check_resource
from tests.conformance.fapi_suite import OAUTH, FapiPlan, check_bound
from tests.conformance.grants import fields_of
from tests.conformance.id_token import check_id_token
from tests.forge import LEFT_OUT, Key
from tests.signin import Reply

CLIENT_ERRORS = ("invalid_client", "invalid_request")


def test_fapi2_security_profile_final_happy_flow(fapi: FapiPlan, managing: list[str]) -> None:
    """client_credentials: no browser, no refresh token, the Management API as resource."""
    for party, token in zip(fapi.parties, managing, strict=True):
        check_bound(party, token)
        check_resource(party, token, fapi.management_url)
    assert fapi.client.fetch(fapi.management_url, managing[1]).status == 401


def test_fapi2_security_profile_final_access_token_type_header_case_sensitivity(
    fapi: FapiPlan, managing: list[str]
) -> None:
    for scheme in cases_of(fapi.client.token_type):
        assert fapi.client.fetch(fapi.management_url, managing[0], scheme=scheme).status == 200


def no_holder(party: FapiParty) -> tuple[str, ...]:
    """What a request is told that proves no possession: by DPoP; by a certificate, which may be the authentication."""
    if party.prover is not None:
        return "invalid_request", "invalid_grant", "invalid_dpop_proof"
    return CLIENT_ERRORS if party.key is None else (*CLIENT_ERRORS, "invalid_grant")


def test_fapi2_security_profile_final_ensure_client_id_in_token_endpoint(fapi: FapiPlan, grant: str) -> None:
    fields = {**fields_of(fapi, fapi.client, grant), "client_id": fapi.second_client.client_id}
    check_token_error(fapi.client.token(fields), "invalid_client", "invalid_grant")


def test_fapi2_security_profile_final_ensure_holder_of_key_required(fapi: FapiPlan, grant: str) -> None:
    """No certificate, no proof. What TLS does on these endpoints is looked at in `tests/front`."""
    party = fapi.client
    check_token_error(party.token(fields_of(fapi, party, grant), possesses=False), *no_holder(party))


def test_fapi2_security_profile_final_ensure_authorization_code_is_bound_to_client(fapi: FapiPlan) -> None:
    """Also where the other client has the same redirect URI."""
    fields = fapi.client.code_fields(fapi.code())
    for stranger in (fapi.second_client, fapi.party()):
        reply = stranger.token(fields)
        assert (reply.status, check_token_error(reply, "invalid_grant")["error"]) == (400, "invalid_grant")
    check_tokens(fapi.client, fapi.client.token(fields), "openid")


def test_fapi2_security_profile_final_attempt_reuse_authorization_code_after_one_second(fapi: FapiPlan) -> None:
    """What the code had given is over, too."""
    flow, url = fapi.flow(), fapi.provider.metadata["userinfo_endpoint"]
    fapi.provider.wait(1)
    assert fapi.client.fetch(url, flow.tokens["access_token"]).status == 200
    check_token_error(fapi.client.redeem(flow.answer["code"]), "invalid_grant")
    assert fapi.client.fetch(url, flow.tokens["access_token"]).status == 401


def test_fapi2_security_profile_final_ensure_token_endpoint_fails_with_expired_auth_code(fapi: FapiPlan) -> None:
    code = fapi.code()
    fapi.provider.wait(62)
    check_token_error(fapi.client.redeem(code), "invalid_grant")


def verifier_refused(plan: FapiPlan, **changes: str | None) -> None:
    """A code redeemed with these changes."""
    fields = {**plan.client.code_fields(plan.code()), **changes}
    reply = plan.client.token({name: value for name, value in fields.items() if value is not None})
    assert (reply.status, check_token_error(reply, "invalid_grant")["error"]) == (400, "invalid_grant")


def test_fapi2_security_profile_final_ensure_pkce_code_verifier_required(fapi: FapiPlan) -> None:
    verifier_refused(fapi, code_verifier=None)


def test_fapi2_security_profile_final_incorrect_pkce_code_verifier_rejected(fapi: FapiPlan) -> None:
    verifier_refused(fapi, code_verifier="x" * 43)


# K: only private_key_jwt.


def by_proof(plan: FapiPlan, grant: str, proof: dict[str, str], party: FapiParty | None = None) -> Reply:
    """A good token request but for this proof."""
    party = party or plan.client
    return party.token(fields_of(plan, party, grant), proof=proof)


def test_fapi2_security_profile_final_ensure_signed_client_assertion_with_rs256_fails(
    fapi_by_key: FapiPlan, grant: str
) -> None:
    """With the very key that is registered for PS256."""
    party = fapi_by_key.second_client
    assert party.key is not None
    proof = party.proof(Key("RS256", private=party.key.private))
    check_token_error(by_proof(fapi_by_key, grant, proof, party), "invalid_client")


def test_fapi2_security_profile_final_ensure_client_assertion_in_token_endpoint(
    fapi_by_key: FapiPlan, grant: str
) -> None:
    check_token_error(by_proof(fapi_by_key, grant, {"client_id": fapi_by_key.client.client_id}), *CLIENT_ERRORS)


def assertion_refused(plan: FapiPlan, grant: str, **claims: Any) -> None:
    check_token_error(by_proof(plan, grant, plan.client.proof(**claims)), *CLIENT_ERRORS)


def test_fapi2_security_profile_final_ensure_client_assertion_with_exp_is_5_minutes_in_past_fails(
    fapi_by_key: FapiPlan, grant: str
) -> None:
    now_s = fapi_by_key.provider.now_s()
    assertion_refused(fapi_by_key, grant, iat=now_s - 360, nbf=now_s - 360, exp=now_s - 300)


def test_fapi2_security_profile_final_ensure_client_assertion_with_wrong_aud_fails(
    fapi_by_key: FapiPlan, grant: str
) -> None:
    assertion_refused(fapi_by_key, grant, aud="https://www.other1.com/")


def test_fapi2_security_profile_final_ensure_client_assertion_with_no_sub_fails(
    fapi_by_key: FapiPlan, grant: str
) -> None:
    assertion_refused(fapi_by_key, grant, sub=LEFT_OUT)


# Refresh tokens.


def refreshed(plan: FapiPlan, party: FapiParty, before: Json) -> Json:
    """A refresh whose answer holds, with an ID token of the same sign-in."""
    claims = before["id_token"]
    tokens = check_tokens(party, party.refresh(before["refresh_token"]), "openid offline_access")
    check_bound(party, tokens["access_token"])
    nonce = decoded(tokens["id_token"])[1].get("nonce")
    assert nonce in (None, claims["nonce"])
    again = check_id_token(
        party,
        tokens["id_token"],
        nonce=nonce,
        requested=set(),
        hashed={"at_hash": tokens["access_token"]},
        mandatory=set(),
    )
    same = ("iss", "sub", "aud", "auth_time", "azp")
    assert [again.get(name) for name in same] == [claims.get(name) for name in same]
    assert again["iat"] == plan.provider.now_s() > claims["iat"]
    return tokens


def with_fresh_key(party: FapiParty) -> FapiParty:
    """Refresh tokens of confidential clients are not bound to a DPoP key (RFC 9449 5); to a certificate they are."""
    return party if party.prover is None else replace(party, prover=party.prover.other())


def test_fapi2_security_profile_final_refresh_token(fapi: FapiPlan) -> None:
    """The first client's stays as it is; the second's is rotated at each use, and the old one works 30 s later."""
    held = []
    for party in fapi.parties:
        flow = fapi.flow(party, scope="openid offline_access", prompt="consent")
        before = {"refresh_token": flow.tokens["refresh_token"], "id_token": flow.id_token}
        fapi.provider.wait(1)
        after = refreshed(fapi, party, before)
        assert ("refresh_token" in after) is party.is_second
        fapi.provider.wait(30)
        refreshed(fapi, with_fresh_key(party), before)
        held.append(after.get("refresh_token", before["refresh_token"]))
        check_token_error(party.refresh(held[-1], authenticates=False), *CLIENT_ERRORS, "invalid_grant")
        grant = {"grant_type": "refresh_token", "refresh_token": held[-1]}
        check_token_error(party.token(grant, possesses=False), *no_holder(party))
    reply = fapi.client.refresh(held[1])
    assert (reply.status, check_token_error(reply, "invalid_grant")["error"]) == (400, "invalid_grant")


def test_fapi2_security_profile_final_refresh_token_of_plain_oauth(fapi: FapiPlan) -> None:
    plain = fapi.varied(**OAUTH)
    for party in plain.parties:
        token = plain.flow(party, scope="read offline_access").tokens["refresh_token"]
        check_bound(party, check_tokens(party, party.refresh(token), "read offline_access")["access_token"])
