"""Where profiles contradict one another: what each does here, line by line (conformance.md 7).

What a line says of FAPI 2 and a module of its own asks already is not asked again; the lines name the modules. FAPI 1
Advanced runs its flows here, by key and by certificate: signed answers in the query, `code id_token` in the fragment.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace
from OpenSSL import SSL

from tallystick.front.certificates import ServerCertificate
from tallystick.front.tls import new_context
from tests.authorization.asking import set_tenant
from tests.certificate_mill import certify
from tests.conformance.back_channel import check_token_error, check_tokens
from tests.conformance.fapi_clients import ROTATING
from tests.conformance.fapi_party import FapiParty
from tests.conformance.fapi_proofs import Prover
from tests.conformance.fapi_resource import INTERACTION_ID
from tests.conformance.fapi_suite import FAPI1_VARIANTS, MANAGEMENT_SCOPE, FapiPlan, check_bound, fapi_plan_of
from tests.conformance.front_channel import check_answer, check_error
from tests.conformance.given import Given, given_for_code, given_in_front
from tests.conformance.id_token import half_hash
from tests.conformance.provider import Provider, as_json
from tests.conformance.relying_party import CALLBACK, RelyingParty, registered
from tests.conformance.suite import Plan
from tests.forge import Key
from tests.inprocess import InProcess
from tests.signin import Reply

OAUTH_ALGS = {"RS256", "PS256", "ES256", "EdDSA"}


@pytest.fixture(scope="module", params=FAPI1_VARIANTS)
def fapi1(request: pytest.FixtureRequest, shared_house: InProcess) -> FapiPlan:
    """FAPI 1 Advanced, with pushed requests, as all its levels here have them."""
    return fapi_plan_of(shared_house, request.param)


@pytest.fixture(scope="module")
def fapi1_by_key(shared_house: InProcess) -> FapiPlan:
    return fapi_plan_of(shared_house, "fapi1-pkj")


@pytest.fixture(scope="module")
def hybrid(shared_house: InProcess) -> None:
    """A tenant that has the response types of the OIDC dynamic plan, for good: no other test of this file minds."""
    set_tenant(shared_house, implicit_and_hybrid_supported=True)


# client assertion aud at PAR. FAPI 2: par-test-…-as-audience-fails.

AUDIENCES: dict[str, Callable[[Provider], Any]] = {
    "issuer": lambda provider: provider.issuer,
    "array": lambda provider: [provider.issuer],
    "par": lambda provider: provider.metadata["pushed_authorization_request_endpoint"],
    "token": lambda provider: provider.metadata["token_endpoint"],
    "token by mtls": lambda provider: provider.metadata["mtls_endpoint_aliases"]["token_endpoint"],
}


@pytest.mark.parametrize("aud", AUDIENCES)
def test_assertions_for_urls_and_arrays_pass_under_fapi1(fapi1_by_key: FapiPlan, aud: str) -> None:
    for party in fapi1_by_key.parties:
        proof = party.proof(aud=AUDIENCES[aud](fapi1_by_key.provider))
        assert party.push(party.carried(party.request()), proof).status == 201


@pytest.mark.parametrize("aud", ["token", "issuer"])
def test_assertions_for_the_token_endpoint_and_the_issuer_pass_under_oidc(plan: Plan, aud: str) -> None:
    party = registered(plan.provider, "private_key_jwt")
    assert party.key is not None
    audience = AUDIENCES[aud](plan.provider)
    request = party.request()
    answer = check_answer(party, request, plan.sign_in(party.send(plan.provider.browser(), request)))
    now_s = plan.provider.now_s()
    assertion = party.key.assertion(party.client_id, audience, iat=now_s, exp=now_s + 60)
    fields = {"grant_type": "authorization_code", "code": answer["code"], "redirect_uri": party.redirect_uri}
    proof = {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}
    url = plan.provider.metadata["token_endpoint"]
    assert plan.provider.post(url, {**fields, **proof, "client_assertion": assertion}).status == 200


# id_token default alg. That of each client is looked at in every flow.


@pytest.mark.parametrize("variant", ["fapi1-pkj", "sp-pkj-mtls", "ms-mtls-dpop"])
def test_rs256_is_not_for_clients_of_fapi(shared_house: InProcess, variant: str) -> None:
    plan = fapi_plan_of(shared_house, variant)
    path = f"clients/{plan.client.client_id}"
    assert shared_house.call("PATCH", path, {"jwt_configuration": {"alg": "RS256"}}).status == 400
    assert plan.client.id_token_alg == "PS256"
    assert plan.flow().id_token["sub"]


def test_rs256_is_the_default_of_oidc(plan: Plan) -> None:
    """Without a level nothing is chosen and nothing is refused."""
    assert plan.client.id_token_alg == "RS256"
    assert plan.flow().id_token["sub"]
    assert set(plan.provider.metadata["id_token_signing_alg_values_supported"]) == OAUTH_ALGS


# response types. FAPI 2: ensure-response-type-…-fails; OIDC: `test_oidcc_implicit_and_hybrid`.


def test_fapi1_answers_with_jarm(fapi1: FapiPlan) -> None:
    """Every flow looks into the signed answer; a plain one is refused, at the push."""
    for party in fapi1.parties:
        assert fapi1.flow(party).tokens
        reply = party.push(party.carried(party.request(response_mode=None)))
        check_token_error(reply, "invalid_request")


@pytest.mark.usefixtures("hybrid")
def test_fapi1_answers_with_code_id_token(fapi1: FapiPlan) -> None:
    """In the fragment, with hashes of code and state in the signed ID token (FAPI 1 Advanced 5.2.2.1, item 5)."""
    party = replace(fapi1.party(grant_types=["authorization_code", "implicit"]), defaults={})
    request = party.request(response_type="code id_token")
    answer = check_answer(party, request, fapi1.answered(party, request))
    in_front = given_in_front(party, request, answer)
    assert in_front.id_token["s_hash"] == half_hash(party.id_token_alg, request["state"])
    given: Given = given_for_code(party, request, answer, {})
    assert given.id_token["sub"] == in_front.id_token["sub"]


# PAR. FAPI 2: ensure-unsigned-authorization-request-without-using-par-fails; OIDC needs none in any flow.


def test_fapi1_levels_are_those_with_pushed_requests(fapi1: FapiPlan) -> None:
    """The plan by_value wants the member unset, which it is: the demand is the client's own. Its level still has it."""
    assert fapi1.provider.metadata["require_pushed_authorization_requests"] is False
    party = fapi1.client
    request = party.request()
    stop = RelyingParty.send(party, fapi1.signed_in(), party.carried(request))
    check_error(party, request, stop, "invalid_request")


# TLS 1.2 suites. FAPI 2, and what is refused of all: `tests/front/test_handshake.py`.


@pytest.mark.parametrize(
    ("suites", "agreed"),
    [
        ("ALL", "ECDHE-RSA-AES128-GCM-SHA256"),
        ("ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384"),
        ("ECDHE-ECDSA-AES128-GCM-SHA256", None),
        ("ECDHE-RSA-CHACHA20-POLY1305", None),
        ("DHE-RSA-AES128-GCM-SHA256", None),
    ],
)
def test_with_an_rsa_certificate_tls12_is_that_of_fapi1(rsa: ServerCertificate, suites: str, agreed: str) -> None:
    """Neither ECDSA nor CHACHA20 there, so one certificate serves both columns."""
    server = SSL.Connection(new_context(rsa, ask_client_certificate=True))
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_max_proto_version(SSL.TLS1_2_VERSION)
    context.set_cipher_list(suites.encode())
    client = SSL.Connection(context)
    assert agreed_suite(client, server) == agreed


@pytest.fixture(scope="module")
def rsa() -> ServerCertificate:
    holder = certify("CN=localhost", key=Key("RS256").private)
    return ServerCertificate(holder.certificate, (), holder.key)


def agreed_suite(client: SSL.Connection, server: SSL.Connection) -> str | None:
    """Shake hands in memory; None where the server does not want to."""
    client.set_connect_state()
    server.set_accept_state()
    with suppress(SSL.Error):  # an alert; the client then has no suite
        for one, other in [(client, server), (server, client)] * 2:
            with suppress(SSL.WantReadError):
                one.do_handshake()
            other.bio_write(one.bio_read(65_536))
    return client.get_cipher_name()


# sender constraint. FAPI 2: both ways, in every flow; OIDC: none, or what is shown (`test_dpop_beside_fapi`).


def managing(party: FapiParty, *, shows: bool) -> Reply:
    """A token request with a DPoP proof, on a connection that ``shows`` the certificate or not."""
    fields = {"grant_type": "client_credentials", "audience": f"{party.provider.issuer}api/v2/"}
    by_proof = replace(party, prover=Prover(Key("ES256"), party.provider.now_s))
    return by_proof.post("token_endpoint", fields, None, shows=shows, proves=True)


@pytest.mark.parametrize("variant", ["fapi1-pkj", "fapi1-mtls", "sp-pkj-mtls", "ms-mtls-mtls"])
def test_a_proof_is_nothing_where_certificates_bind(shared_house: InProcess, variant: str) -> None:
    """FAPI 1 Advanced knows mTLS alone (5.2.2-5), as do the levels of FAPI 2 that are called so."""
    party = fapi_plan_of(shared_house, variant).client
    check_bound(party, check_tokens(party, managing(party, shows=True), MANAGEMENT_SCOPE)["access_token"])
    error = "invalid_client" if party.key is None else "invalid_request"
    check_token_error(managing(party, shows=False), error)


@pytest.mark.parametrize("variant", ["sp-pkj-dpop", "ms-mtls-dpop"])
def test_a_certificate_is_nothing_where_proofs_bind(shared_house: InProcess, variant: str) -> None:
    """Whichever is shown beside the proof, the token is bound to the key; with the certificate alone there is none."""
    party = fapi_plan_of(shared_house, variant).client
    fields = {"grant_type": "client_credentials", "audience": f"{party.provider.issuer}api/v2/"}
    tokens = check_tokens(party, party.post("token_endpoint", fields, None, shows=True, proves=True), MANAGEMENT_SCOPE)
    check_bound(party, tokens["access_token"])
    reply = party.post("token_endpoint", fields, None, shows=True, proves=False)
    check_token_error(reply, "invalid_request")


# redirect_uri unregistered at PAR. FAPI 2: plain-fapi-tolerate-…; OIDC: oidcc-ensure-registered-redirect-uri.


def test_fapi1_takes_no_unregistered_redirect_uri(fapi1: FapiPlan) -> None:
    for party in fapi1.parties:
        reply = party.push(party.carried(party.request(redirect_uri=f"{CALLBACK}/unregistered")))
        check_token_error(reply, "invalid_request")


# refresh rotation. FAPI 2: refresh-token.


def twice(party: RelyingParty, refresh_token: str) -> int:
    """The status of a second use of a token that the first has replaced."""
    assert as_json(party.refresh(refresh_token))["refresh_token"] != refresh_token
    return party.refresh(refresh_token).status


def test_elsewhere_a_replaced_refresh_token_works_on_as_its_client_says(plan: Plan, fapi1: FapiPlan) -> None:
    """Here not at all."""
    ours = registered(plan.provider, "client_secret_basic", refresh_token=ROTATING)
    flows = (
        (fapi1.second_client, fapi1.flow(fapi1.second_client, scope="openid offline_access", prompt="consent")),
        (ours, plan.flow(party=ours, scope="openid offline_access", prompt="consent")),
    )
    assert [twice(party, flow.tokens["refresh_token"]) for party, flow in flows] == [400, 400]


# x-fapi-interaction-id. What is sent comes back in each happy-flow.


def test_fapi1_gives_an_interaction_an_id(fapi1: FapiPlan) -> None:
    url, token = fapi1.provider.metadata["userinfo_endpoint"], fapi1.flow().tokens["access_token"]
    assert UUID(fapi1.client.fetch(url, token).header(INTERACTION_ID)).version == 4


# missing PKCE. FAPI 2: par-ensure-pkce-required; OIDC sends none in any flow.


def test_fapi1_wants_pkce_with_pushed_requests(fapi1: FapiPlan) -> None:
    for party in fapi1.parties:
        request = party.request(code_challenge=None, code_challenge_method=None)
        check_token_error(party.push(party.carried(request)), "invalid_request")
