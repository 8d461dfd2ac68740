"""What no module of these plans asks but the checklist of all profiles does (conformance.md 8), over the same flows."""

from __future__ import annotations

import secrets
from hashlib import sha256

import pytest
from joserfc import jwt
from msgspec.structs import replace

from tests.conformance.back_channel import check_token_error
from tests.conformance.front_channel import check_answer, check_error, check_error_page
from tests.conformance.given import userinfo
from tests.conformance.relying_party import CALLBACK, RelyingParty, registered
from tests.conformance.suite import CONSENT, LOGIN, Plan
from tests.forge import b64
from tests.signin import Stop

VERIFIER = secrets.token_urlsafe(48)
CHALLENGE = b64(sha256(VERIFIER.encode()).digest())


def answered(plan: Plan, party: RelyingParty | None = None, **parameters: str | None) -> dict[str, str]:
    """The checked answer of somebody who signs in; nothing is redeemed."""
    party = party or plan.client
    request = party.request(**parameters)
    return check_answer(party, request, plan.sign_in(party.send(plan.provider.browser(), request)))


def refused(plan: Plan, **parameters: str | None) -> tuple[dict[str, str], Stop]:
    """A request that is refused before anybody signs in."""
    request = plan.client.request(**parameters)
    return request, plan.client.send(plan.provider.browser(), request)


def test_cancelling_a_sign_in_is_access_denied(plan: Plan) -> None:
    request = plan.client.request()
    page = plan.client.send(plan.provider.browser(), request)
    assert page.path == LOGIN
    check_error(plan.client, request, page.press("cancel"), "access_denied")


def test_denying_consent_is_access_denied(plan: Plan) -> None:
    party = registered(plan.provider, "client_secret_basic", is_first_party=False)
    request = party.request(scope="openid email")
    page = plan.sign_in(party.send(plan.provider.browser(), request))
    assert page.path == CONSENT
    page.page.button("allow")
    check_error(party, request, page.press("deny"), "access_denied")


def test_an_unknown_client_is_a_page(plan: Plan) -> None:
    _, stop = refused(plan, client_id=secrets.token_urlsafe(24))
    check_error_page(stop, "client")


def test_without_state_there_is_none(plan: Plan) -> None:
    assert "state" not in plan.flow(state=None).answer


def test_long_state_and_nonce_come_back_whole(plan: Plan) -> None:
    flow = plan.flow(state=secrets.token_hex(500), nonce=secrets.token_hex(192))
    assert len(flow.answer["state"]) == 1000
    assert len(flow.id_token["nonce"]) == 384


@pytest.mark.parametrize(
    "challenge",
    [
        {"code_challenge": CHALLENGE, "code_challenge_method": "plain"},
        {"code_challenge": CHALLENGE},
        {"code_challenge": "short", "code_challenge_method": "S256"},
    ],
)
def test_of_pkce_there_is_s256_alone(plan: Plan, challenge: dict[str, str]) -> None:
    request, stop = refused(plan, **challenge)
    check_error(plan.client, request, stop, "invalid_request")


@pytest.mark.parametrize(
    ("parameter", "codes"),
    [
        ("scope", "invalid_scope"),
        ("audience", "access_denied invalid_target"),
        ("response_type", "unsupported_response_type"),
        ("claims prompt max_age response_mode id_token_hint connection", "invalid_request"),
        ("request", "invalid_request_object"),
        ("request_uri", "invalid_request_uri"),
    ],
)
def test_errors_keep_to_their_characters_whatever_was_sent(plan: Plan, parameter: str, codes: str) -> None:
    """Quotes, backslashes, markup and what is not ASCII: nothing of it comes back in an error (RFC 6749 4.1.2.1)."""
    for name in parameter.split():
        request, stop = refused(plan, **{name: 'x"\\<é>'})
        check_error(plan.client, {**request, "response_type": "code", "response_mode": "query"}, stop, *codes.split())


@pytest.mark.parametrize("fields", [{}, {"code_verifier": secrets.token_urlsafe(48)}])
def test_without_the_right_verifier_a_code_is_worth_nothing(plan: Plan, fields: dict[str, str]) -> None:
    answer = answered(plan, code_challenge=CHALLENGE, code_challenge_method="S256")
    check_token_error(plan.client.redeem(answer["code"], **fields), "invalid_grant")


def test_a_code_is_bound_to_its_client(plan: Plan) -> None:
    answer = answered(plan)
    stranger = registered(plan.provider, "client_secret_basic")
    check_token_error(stranger.redeem(answer["code"]), "invalid_grant")
    assert plan.client.redeem(answer["code"]).status == 200, "what a stranger does spends nothing"


def test_a_code_is_over_after_a_minute(plan: Plan) -> None:
    answer = answered(plan)
    plan.provider.wait(62)
    check_token_error(plan.client.redeem(answer["code"]), "invalid_grant")


def test_the_client_is_the_one_that_authenticated(plan: Plan) -> None:
    answer = answered(plan)
    reply = plan.client.redeem(answer["code"], client_id=plan.second_client.client_id)
    check_token_error(reply, "invalid_client", "invalid_request")


def test_userinfo_takes_the_scheme_in_any_case_and_no_query(plan: Plan) -> None:
    token, url = plan.flow().tokens["access_token"], plan.provider.metadata["userinfo_endpoint"]
    assert plan.provider.browser().get(url, {"authorization": f"bEARER {token}"}).status == 200
    assert plan.provider.fetch(f"{url}?access_token={token}").status == 400


def test_userinfo_is_signed_on_request(plan: Plan) -> None:
    party = registered(plan.provider, "client_secret_basic", userinfo_signed_response_alg="RS256")
    request = party.request(scope="openid email")
    answer = check_answer(party, request, plan.sign_in(party.send(plan.provider.browser(), request)))
    token = party.redeem(answer["code"]).text
    reply = userinfo(party, token.partition('"access_token":"')[2].partition('"')[0])
    assert (reply.status, reply.header("content-type")) == (200, "application/jwt")
    signed = jwt.decode(reply.text, plan.provider.keys, algorithms=["RS256"])
    said = {name: signed.claims[name] for name in ("iss", "aud", "email")}
    assert said == {"iss": plan.provider.issuer, "aud": party.client_id, "email": plan.email}


def test_pairwise_subjects_differ_by_sector_alone(plan: Plan) -> None:
    """In ID token and userinfo alike, which every flow compares."""
    assert "pairwise" in plan.provider.metadata["subject_types_supported"]
    uris = (CALLBACK, f"{CALLBACK}/2", "https://other.example/callback")
    parties = [registered(plan.provider, "client_secret_basic", uri, subject_type="pairwise") for uri in uris]
    one, same, other = (plan.flow(party=party).id_token["sub"] for party in parties)
    assert one == same != other
    assert plan.flow().id_token["sub"] not in (one, other)


def test_a_rotation_keeps_the_old_key(plan: Plan) -> None:
    """``oidcc-server-rotate-keys``: what was signed before can still be verified, what comes after has the new key."""
    flow, before = plan.flow(), plan.provider.jwks
    plan.provider.made("POST", "keys/signing/rotate", None)
    later = replace(plan.provider)  # remembers nothing
    assert {key["kid"] for key in before["keys"]} < {key["kid"] for key in later.jwks["keys"]}
    jwt.decode(flow.raw_id_token, later.keys, algorithms=["RS256"])
    old, new = (replace(party, provider=later) for party in (plan.client, plan.second_client))
    again = replace(plan, provider=later, client=old, second_client=new).flow()
    assert again.raw_id_token.partition(".")[0] != flow.raw_id_token.partition(".")[0]
