"""The proof, checked for the API: what a gateway without cryptography hands on, and the verdict it gets."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest

from tallystick.jose.keys import public_key_of
from tallystick.jose.private_keys import private_jwk_of
from tests.certificate_mill import Holder, authority, leaf
from tests.endpoints.introspecting import API, OTHER, gateway, signed
from tests.endpoints.relaying import HOLDER, JKT, THIEF, URL, Relaying, public_jwk, relaying, spellings
from tests.forge import LEFT_OUT, Key, b64
from tests.inprocess import InProcess

Sent = Callable[[Relaying], dict[str, Any]]


def proof(**claims: Any) -> Sent:
    """The good proof but for these claims."""
    return lambda at: {"dpop": at.proof(**claims)}


def header(**parameters: Any) -> Sent:
    """The good proof but for these parameters of its header."""
    return lambda at: {"dpop": at.proof(header=parameters)}


def _unsigned(at: Relaying) -> dict[str, Any]:
    head, payload, _ = at.proof(header={"alg": "none"}).split(".")
    return {"dpop": f"{head}.{payload}."}


def _bad_signature(at: Relaying) -> dict[str, Any]:
    head, payload, signature = at.proof().split(".")
    return {"dpop": f"{head}.{payload}.{signature[:-8]}AAAAAAAA"}


NEGATIVES: dict[str, Sent] = {
    "malformed": lambda at: {"dpop": "x"},
    "typ missing": header(typ=LEFT_OUT),
    "typ wrong": header(typ="JWT"),
    "alg missing": header(alg=LEFT_OUT),
    "alg RS256": lambda at: {"dpop": at.proof(Key("RS256"))},
    "alg none": _unsigned,
    "jwk missing": header(jwk=LEFT_OUT),
    "jwk private": header(jwk=dict(private_jwk_of(HOLDER.private))),
    "bad signature": _bad_signature,
    "jti missing": proof(jti=LEFT_OUT),
    "htm missing": proof(htm=LEFT_OUT),
    "htm wrong": proof(htm="POST"),
    "htu missing": proof(htu=LEFT_OUT),
    "htu wrong": proof(htu="https://api.example/orders/8"),
    "iat missing": proof(iat=LEFT_OUT),
    "iat an hour ago": lambda at: proof(iat=at.house.clock.now_ms() // 1000 - 3600)(at),
    "iat in an hour": lambda at: proof(iat=at.house.clock.now_ms() // 1000 + 3600)(at),
    "ath missing": proof(ath=LEFT_OUT),
    "ath wrong": proof(ath=b64(b"x" * 32)),
    "by another key": lambda at: {"dpop": at.proof(THIEF)},
    "key of the holder shown by another": lambda at: {"dpop": at.proof(THIEF, {"jwk": public_jwk(HOLDER)})},
    "no proof": lambda at: {},
    "an empty proof": lambda at: {"dpop": ""},
    "Bearer scheme": lambda at: {"dpop": at.proof(), "token_scheme": "Bearer"},
    "another scheme": lambda at: {"dpop": at.proof(), "token_scheme": "Basic"},
}
"""conformance.md, dpop-negative-tests; two DPoP headers have a test of their own."""

ACCEPTED: dict[str, Sent] = {
    "as it is": proof(),
    "htu with query and fragment": proof(htu=f"{URL}?x=1#y"),
    "the API's URL with them": lambda at: {"dpop": at.proof(), "htu": f"{URL}?x=1#y"},
    "more claims": proof(more=1),
    "more in the header": header(more=1),
    "all-capital scheme": lambda at: {"dpop": at.proof(), "token_scheme": "DPOP"},
    "upper-case host": proof(htu=URL.replace("api.example", "API.example")),
    "explicit default port": proof(htu=URL.replace("api.example", "api.example:443")),
    "a clock that is five seconds ahead": lambda at: proof(iat=at.house.clock.now_ms() // 1000 + 5)(at),
}


@pytest.mark.parametrize("sent", NEGATIVES.values(), ids=NEGATIVES)
def test_a_bad_proof_is_refused(house: InProcess, sent: Sent) -> None:
    at = relaying(house)
    told = at.told(**sent(at))
    assert told.keys() == {"active", "proof"}
    assert not told["active"]
    refused = told["proof"]
    assert refused["error"] in ("invalid_dpop_proof", "invalid_token")
    assert refused["status"] == 401
    assert refused["challenge"].startswith(f'DPoP error="{refused["error"]}", error_description="')
    assert 'algs="' in refused["challenge"]
    assert "RS256" not in refused["challenge"]
    # The good one is still there for its holder.
    assert at.told(dpop=at.proof())["active"]


@pytest.mark.parametrize("sent", ACCEPTED.values(), ids=ACCEPTED)
def test_a_good_proof_is_taken(house: InProcess, sent: Sent) -> None:
    at = relaying(house)
    told = at.told(**sent(at))
    assert (told["active"], told["proof"]) == (True, {"bound_by": "jkt"})
    assert (told["token_type"], told["cnf"]) == ("DPoP", {"jkt": JKT})


def test_the_profile_of_the_tokens_client_says_which_algorithms_count(house: InProcess) -> None:
    """FAPI 2 Security Profile 5.4.1."""
    at, key = relaying(house), Key("ES384")
    credential = {"credential_type": "public_key", "pem": Key("ES256").public_pem}
    fields: dict[str, Any] = {"client_authentication_methods": {"private_key_jwt": {"credentials": [credential]}}}
    strict = house.client(API, compliance_level="fapi2_sp_pkj_dpop", **fields)
    for client_id, is_taken in ((at.app.client_id, True), (strict["client_id"], False)):
        token = signed(house, client_id, cnf={"jkt": public_key_of(key.private.public_key()).thumbprint})
        proof = at.proof(key, ath=b64(sha256(token.encode()).digest()))
        assert at.told(dpop=proof, token=token)["active"] is is_taken


def test_two_dpop_headers_are_refused(house: InProcess) -> None:
    at = relaying(house)
    for pair in ((at.proof(), at.proof()), (at.proof(), "")):
        told = at.told(*(("dpop", one) for one in pair))
        assert told["proof"]["error"] == "invalid_dpop_proof"
    assert at.told(dpop=f"{at.proof()}, {at.proof()}")["proof"]["error"] == "invalid_dpop_proof"


class TestOnce:
    def test_of_two_gateways_one_takes_a_proof(self, house: InProcess) -> None:
        at = relaying(house)
        proof, second = at.proof(), gateway(house)
        assert at.told(dpop=proof)["active"]
        for one in (at.gateway, second):
            told = one.told(at.token, token_scheme="DPoP", htm="GET", htu=URL, dpop=proof)
            assert (told["active"], told["proof"]["error"]) == (False, "invalid_dpop_proof")

    def test_it_is_spent_last(self, house: InProcess) -> None:
        """Whatever refuses the request leaves the proof to its holder."""
        at = relaying(house)
        proof = at.proof()
        assert not at.told(dpop=proof, htm="POST")["active"]
        assert not at.told(dpop=proof, required_scope="fly")["active"]
        assert at.told(dpop=proof)["active"]

    def test_a_stranger_spends_nothing(self, house: InProcess) -> None:
        """Neither another API nor the application itself, whatever it hands on."""
        at = relaying(house)
        house.api(OTHER)
        received: dict[str, Any] = {"token_scheme": "DPoP", "htm": "GET", "htu": URL, "dpop": at.proof()}
        assert gateway(house, OTHER).is_blind(at.token, **received)
        assert at.app.is_blind(at.token, **received)
        assert at.gateway.told(at.token, **received)["active"]

    def test_a_signed_answer_spends_it_too(self, house: InProcess) -> None:
        at = relaying(house)
        received: dict[str, Any] = {"token_scheme": "DPoP", "htm": "GET", "htu": URL, "dpop": at.proof()}
        answer = at.gateway.ask(at.token, accept="application/token-introspection+jwt", **received)
        assert answer.headers["content-type"] == "application/token-introspection+jwt"
        assert not at.gateway.told(at.token, **received)["active"]


class TestNonces:
    def test_a_gateway_can_demand_them(self, house: InProcess) -> None:
        at = relaying(house)
        refused = at.told(dpop=at.proof(), nonce_required="true")["proof"]
        assert (refused["error"], refused["status"]) == ("use_dpop_nonce", 401)
        assert refused["challenge"].startswith('DPoP error="use_dpop_nonce"')
        nonce = refused["dpop_nonce"]
        told = at.told(dpop=at.proof(nonce=nonce), nonce_required="true")
        assert (told["active"], told["proof"]) == (True, {"bound_by": "jkt"})

    def test_the_next_one_goes_along_with_the_answer(self, house: InProcess) -> None:
        at = relaying(house)
        nonce = at.told(dpop=at.proof(), nonce_required="true")["proof"]["dpop_nonce"]
        house.clock.advance(61)
        told = at.told(dpop=at.proof(nonce=nonce))
        assert told["active"]
        assert told["proof"]["dpop_nonce"] != nonce

    @pytest.mark.parametrize("nonce", ["", "x", "A" * 27])
    def test_one_that_is_not_ours_is_refused_even_where_none_is_needed(self, house: InProcess, nonce: str) -> None:
        at = relaying(house)
        assert at.told(dpop=at.proof(nonce=nonce))["proof"]["error"] in ("use_dpop_nonce", "invalid_dpop_proof")

    def test_a_tenant_can_demand_them_of_everybody(self, house: InProcess) -> None:
        at = relaying(house)
        house.ask("PATCH", "tenants/settings", {"dpop_nonce_required": True})
        assert at.told(dpop=at.proof())["proof"]["error"] == "use_dpop_nonce"

    def test_an_old_one_is_refused(self, house: InProcess) -> None:
        at = relaying(house)
        nonce = at.told(dpop=at.proof(), nonce_required="true")["proof"]["dpop_nonce"]
        house.clock.advance(360)
        refused = at.told(dpop=at.proof(nonce=nonce), token=signed(house, at.app.client_id, cnf={"jkt": JKT}))
        assert refused["proof"]["error"] in ("use_dpop_nonce", "invalid_dpop_proof")


@pytest.fixture(scope="module")
def holder() -> Holder:
    return leaf("holder", authority("CA"))


class TestCertificates:
    @pytest.mark.parametrize("spelling", spellings(leaf("x")))
    @pytest.mark.parametrize("scheme", ["Bearer", "DPoP"])
    def test_each_spelling(self, house: InProcess, holder: Holder, spelling: str, scheme: str) -> None:
        at = relaying(house, {"x5t#S256": holder.thumbprint})
        told = at.told(token_scheme=scheme, client_certificate=spellings(holder)[spelling])
        assert (told["active"], told["proof"]) == (True, {"bound_by": "x5t#S256"})

    def test_another_certificate_none_or_a_proof_instead(self, house: InProcess, holder: Holder) -> None:
        """Attack 28."""
        at = relaying(house, {"x5t#S256": holder.thumbprint})
        thief = spellings(leaf("holder", authority("CA")))["PEM"]
        sent: tuple[dict[str, Any], ...]
        sent = ({"client_certificate": thief}, {}, {"client_certificate": ""}, {"dpop": at.proof()})
        for one in sent:
            refused = at.told(**{"token_scheme": "Bearer", **one})["proof"]
            assert refused["error"] == "invalid_token"
            assert refused["challenge"] == 'Bearer error="invalid_token", error_description="Invalid token"'

    def test_a_header_that_is_empty_still_asks_for_the_proof(self, house: InProcess, holder: Holder) -> None:
        """A gateway that hands on what it has: an empty value must not switch the check off."""
        at = relaying(house, {"x5t#S256": holder.thumbprint})
        for name in ("client_certificate", "dpop", "htm", "htu", "token_scheme"):
            empty: dict[str, Any] = {name: ""}
            answer = at.gateway.ask(at.token, **empty)
            assert (answer.status, answer.json()["error"]) == (400, "invalid_request")

    @pytest.mark.parametrize(
        "text",
        ["x", "::", "MD==", ":AAAA:", "AAAA", "-----BEGIN CERTIFICATE-----", "%2D", "é", "MIIB AAAA", "A" * 40_000],
        ids=lambda text: text[:10],
    )
    def test_what_is_no_certificate_is_the_apis_mistake(self, house: InProcess, text: str) -> None:
        at = relaying(house, {"x5t#S256": "x"})
        answer = at.gateway.ask(at.token, token_scheme="Bearer", client_certificate=text)
        assert (answer.status, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("confirmation", "scheme"),
    [(LEFT_OUT, "DPoP"), ({"jkt": JKT, "x5t#S256": "x"}, "DPoP"), ({"x": "y"}, "Bearer"), ({}, "Bearer"), ({}, "DPoP")],
    ids=["unbound as bound", "two members", "an unknown member", "nothing", "nothing, as bound"],
)
def test_what_binds_in_no_known_way_is_refused(house: InProcess, confirmation: Any, scheme: str) -> None:
    at = relaying(house, confirmation)
    assert not at.told(token_scheme=scheme, dpop=at.proof())["active"]


def test_an_unbound_token_is_taken_as_a_bearer_token(house: InProcess) -> None:
    at = relaying(house, LEFT_OUT)
    told = at.told(token_scheme="bearer")
    assert (told["active"], told["proof"]) == (True, {"bound_by": None})


@pytest.mark.parametrize(
    "form",
    [
        {"token_scheme": LEFT_OUT},
        {"htm": LEFT_OUT},
        {"htu": LEFT_OUT},
        {"htm": "G E T"},
        {"htu": "orders/7"},
        {"htu": "ftp://api.example/"},
        {"htu": "https://[x/"},
        {"nonce_required": "yes"},
        {"max_age": "-1"},
        {"max_age": "soon"},
        {"required_scope": ""},
        {"acr_values": ""},
    ],
    ids=str,
)
def test_what_the_api_itself_writes_wrongly_is_its_error(house: InProcess, form: dict[str, Any]) -> None:
    """Loud, and never a yes."""
    at = relaying(house)
    sent = {"token_scheme": "DPoP", "htm": "GET", "htu": URL, "dpop": at.proof(), **form}
    answer = at.gateway.ask(at.token, **{name: value for name, value in sent.items() if value is not LEFT_OUT})
    assert (answer.status, answer.json()["error"]) == (400, "invalid_request")


class TestDemands:
    def test_scopes(self, house: InProcess) -> None:
        """RFC 6750 3.1."""
        at = relaying(house, LEFT_OUT)
        assert at.gateway.told(at.token, required_scope="write read")["active"]
        told = at.gateway.told(at.token, required_scope="read fly")
        assert not told["active"]
        assert told["proof"] == {
            "error": "insufficient_scope",
            "error_description": "The token lacks a scope.",
            "status": 403,
            "challenge": 'Bearer error="insufficient_scope", error_description="The token lacks a scope.",'
            ' scope="read fly"',
        }

    def test_how_somebody_signed_in(self, house: InProcess) -> None:
        """RFC 9470 3."""
        at = relaying(house, acr="phr", auth_time=house.clock.now_ms() // 1000)
        assert at.told(dpop=at.proof(), acr_values="other phr")["active"]
        refused = at.told(dpop=at.proof(), acr_values="other")["proof"]
        assert (refused["error"], refused["status"]) == ("insufficient_user_authentication", 401)
        assert refused["challenge"].startswith('DPoP error="insufficient_user_authentication"')
        assert 'acr_values="other"' in refused["challenge"]
        assert not relaying_without(at).told(acr_values="phr", token_scheme="Bearer")["active"]

    def test_how_recently(self, house: InProcess) -> None:
        at = relaying(house, LEFT_OUT, auth_time=house.clock.now_ms() // 1000)
        house.clock.advance(60)
        assert at.gateway.told(at.token, max_age="60")["active"]
        refused = at.gateway.told(at.token, max_age="59")["proof"]
        assert (refused["error"], refused["status"]) == ("insufficient_user_authentication", 401)
        assert refused["challenge"].endswith('max_age="59"')
        assert not relaying_without(at).told(max_age="600", token_scheme="Bearer")["active"]

    def test_what_the_api_demands_cannot_break_the_header(self, house: InProcess) -> None:
        at = relaying(house, LEFT_OUT)
        shown = at.gateway.told(at.token, required_scope='a"b\\c\r\nX: y é')["proof"]["challenge"]
        assert shown.endswith('scope="a\\"b\\\\c X: y ?"')

    def test_another_api_learns_nothing_by_demanding(self, house: InProcess) -> None:
        at = relaying(house)
        house.api(OTHER)
        assert gateway(house, OTHER).is_blind(at.token, required_scope="fly")
        assert at.app.is_blind(at.token, required_scope="read")


def relaying_without(at: Relaying) -> Relaying:
    """The same with a token of an application's own: nobody signed in for it."""
    token = signed(at.house, at.app.client_id, aud=API)
    return Relaying(house=at.house, app=at.app, gateway=at.gateway, token=token)
