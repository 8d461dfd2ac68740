"""The example API refuses every DPoP request that conformance.md section 1, dpop-negative-tests, sends to a resource.

The row's list comes to twenty-three requests when each thing that may be missing or wrong is one. Each is a test here
that looks at the very check which refused it; so is what must be accepted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from examples.fastapi_api import create_app
from fastapi import FastAPI

from tallystick.jose.private_keys import private_jwk_of
from tallystick.sdk.dpop import DpopKey, ath_of
from tests.forge import LEFT_OUT, Key
from tests.sdk.api.asking import Headers, ask, challenges
from tests.sdk.api.issuer import Issuer

URL = "https://orders.example.com/orders/7"


class Holder:
    """Who was given a token bound to its key, and sends proofs of every kind."""

    def __init__(self, alg: str = "ES256") -> None:
        self.issuer = Issuer()
        self.app: FastAPI = create_app(self.issuer.resource())
        self.key = Key(alg)
        self.public = DpopKey(self.key.private, alg)
        self.token = self.issuer.token(cnf={"jkt": self.public.jkt})

    def proof(self, header: dict[str, Any] | None = None, key: Key | None = None, **claims: Any) -> str:
        """A good one, but for what is given."""
        good = {"jti": "j-1", "htm": "GET", "htu": URL, "iat": self.issuer.now_s(), "ath": ath_of(self.token)}
        head = {"typ": "dpop+jwt", "jwk": self.public.public_key.jwk, **(header or {})}
        return (key or self.key).jwt({**good, **claims}, **head)

    def sent(self, *proofs: str, scheme: str = "DPoP") -> Headers:
        """The headers."""
        return [("authorization", f"{scheme} {self.token}"), *(("dpop", proof) for proof in proofs)]


def _flipped(proof: str) -> str:
    head, _, signature = proof.rpartition(".")
    return f"{head}.{signature[:-2]}{'AA' if signature[-2:] != 'AA' else 'AQ'}"


def _by_rs256(holder: Holder) -> Headers:
    """All that is wrong is the algorithm: the token is bound to this very key."""
    key = Key("RS256")
    public = DpopKey(key.private, "RS256")
    holder.token = holder.issuer.token(cnf={"jkt": public.jkt})
    return holder.sent(holder.proof({"jwk": public.public_key.jwk}, key))


def _by_another(holder: Holder) -> Headers:
    key = Key("ES256")
    return holder.sent(holder.proof({"jwk": DpopKey(key.private).public_key.jwk}, key))


NEGATIVES: dict[str, tuple[str, Callable[[Holder], Headers]]] = {
    "two_dpop_headers": ("dpop.once", lambda h: h.sent(h.proof(), h.proof(jti="j-2"))),
    "malformed_jwt": ("jwt.parts", lambda h: h.sent("x.y")),
    "typ_missing": ("dpop.typ", lambda h: h.sent(h.proof({"typ": LEFT_OUT}))),
    "alg_missing": ("jwt.alg", lambda h: h.sent(h.proof({"alg": LEFT_OUT}))),
    "jwk_missing": ("dpop.jwk", lambda h: h.sent(h.proof({"jwk": LEFT_OUT}))),
    "jti_missing": ("dpop.jti", lambda h: h.sent(h.proof(jti=LEFT_OUT))),
    "htm_missing": ("dpop.htm", lambda h: h.sent(h.proof(htm=LEFT_OUT))),
    "htu_missing": ("dpop.htu", lambda h: h.sent(h.proof(htu=LEFT_OUT))),
    "iat_missing": ("dpop.iat", lambda h: h.sent(h.proof(iat=LEFT_OUT))),
    "ath_missing": ("dpop.ath", lambda h: h.sent(h.proof(ath=LEFT_OUT))),
    "typ_wrong": ("dpop.typ", lambda h: h.sent(h.proof({"typ": "JWT"}))),
    "alg_rs256": ("dpop.alg", _by_rs256),
    "alg_none": ("jwt.alg", lambda h: h.sent(h.proof({"alg": "none"}).rpartition(".")[0] + ".")),
    "signature_bad": ("jwt.signature", lambda h: h.sent(_flipped(h.proof()))),
    "jwk_private": ("dpop.jwk_refused", lambda h: h.sent(h.proof({"jwk": private_jwk_of(h.key.private)}))),
    "htm_wrong": ("dpop.htm", lambda h: h.sent(h.proof(htm="POST"))),
    "htu_other": ("dpop.htu", lambda h: h.sent(h.proof(htu="https://orders.example.com/orders/8"))),
    "iat_an_hour_ahead": ("dpop.iat_future", lambda h: h.sent(h.proof(iat=h.issuer.now_s() + 3600))),
    "iat_an_hour_ago": ("dpop.iat_past", lambda h: h.sent(h.proof(iat=h.issuer.now_s() - 3600))),
    "ath_wrong": ("dpop.ath", lambda h: h.sent(h.proof(ath=ath_of("another token")))),
    "another_key": ("possession.key", _by_another),
    "no_proof": ("possession.proof_missing", lambda h: h.sent()),
    "bearer_scheme": ("possession.scheme", lambda h: h.sent(h.proof(), scheme="Bearer")),
}
MORE: dict[str, tuple[str, Callable[[Holder], Headers]]] = {
    "bearer_scheme_without_proof": ("possession.scheme", lambda h: h.sent(scheme="Bearer")),
    "alg_hs256": ("jwt.alg", lambda h: h.sent(h.proof({"alg": "HS256"}))),
    "crit": ("jwt.crit", lambda h: h.sent(h.proof({"crit": ["x"]}))),
    "htm_in_small_letters": ("dpop.htm", lambda h: h.sent(h.proof(htm="get"))),
    "htu_of_another_host": ("dpop.htu", lambda h: h.sent(h.proof(htu="https://evil.example/orders/7"))),
    "htu_over_http": ("dpop.htu", lambda h: h.sent(h.proof(htu="http://orders.example.com/orders/7"))),
    "htu_with_somebodys_name": ("dpop.htu", lambda h: h.sent(h.proof(htu="https://x@orders.example.com/orders/7"))),
    "htu_is_no_string": ("jwt.claim.htu", lambda h: h.sent(h.proof(htu=[URL]))),
    "jti_is_no_string": ("jwt.claim.jti", lambda h: h.sent(h.proof(jti=7))),
    "iat_is_no_number": ("jwt.claim.iat", lambda h: h.sent(h.proof(iat=str(h.issuer.now_s())))),
    "symmetric_jwk": ("dpop.jwk_refused", lambda h: h.sent(h.proof({"jwk": {"kty": "oct", "k": "AAAA"}}))),
    "member_of_a_private_ml_dsa_key": (
        "dpop.jwk_refused",
        lambda h: h.sent(h.proof({"jwk": {**h.public.public_key.jwk, "priv": "AA"}})),
    ),
    "the_access_token_as_proof": ("dpop.typ", lambda h: h.sent(h.token)),
    "two_proofs_in_one_header": ("jwt.parts", lambda h: h.sent(f"{h.proof()}, {h.proof(jti='j-2')}")),
    "two_authorization_headers": (
        "authorization.twice",
        lambda h: [*h.sent(h.proof()), ("authorization", f"DPoP {h.token}")],
    ),
}
ACCEPTED: dict[str, Callable[[Holder], Headers]] = {
    "good": lambda h: h.sent(h.proof()),
    "made_by_the_sdk": lambda h: h.sent(
        h.public.proof("GET", URL, now_ms=h.issuer.clock.now_ms(), access_token=h.token)
    ),
    "query_and_fragment": lambda h: h.sent(h.proof(htu=f"{URL}?x=1#y")),
    "more_claims_and_header_parameters": lambda h: h.sent(h.proof({"x": 1}, x="y", nonce="whatever")),
    "upper_case_host": lambda h: h.sent(h.proof(htu="https://ORDERS.example.com/orders/7")),
    "upper_case_scheme_of_the_url": lambda h: h.sent(h.proof(htu="HTTPS://orders.example.com/orders/7")),
    "default_port": lambda h: h.sent(h.proof(htu="https://orders.example.com:443/orders/7")),
    "escaped_without_need": lambda h: h.sent(h.proof(htu="https://orders.example.com/%6frders/7")),
    "scheme_in_capitals": lambda h: h.sent(h.proof(), scheme="DPOP"),
    "a_little_ahead": lambda h: h.sent(h.proof(iat=h.issuer.now_s() + 8)),
    "a_little_old": lambda h: h.sent(h.proof(iat=h.issuer.now_s() - 50)),
}


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level("INFO", "tallystick.sdk.api")
    return caplog


@pytest.mark.parametrize(("check", "send"), NEGATIVES.values(), ids=NEGATIVES)
def test_dpop_negative_tests(check: str, send: Callable[[Holder], Headers], log: pytest.LogCaptureFixture) -> None:
    holder = Holder()
    answer = ask(holder.app, URL, send(holder))
    assert answer.status_code == 401
    assert answer.json()["error"] in ("invalid_dpop_proof", "invalid_token")
    assert check not in answer.text
    bearer, dpop = challenges(answer)
    assert (bearer.split()[0], dpop.split()[0]) == ("Bearer", "DPoP")
    assert 'algs="' in dpop
    assert [record.args[0] for record in log.records if isinstance(record.args, tuple)] == [check]


def test_the_rows_list_is_whole() -> None:
    assert len(NEGATIVES) == 23


@pytest.mark.parametrize(("check", "send"), MORE.values(), ids=MORE)
def test_d30_details_of_proofs(check: str, send: Callable[[Holder], Headers], log: pytest.LogCaptureFixture) -> None:
    holder = Holder()
    assert ask(holder.app, URL, send(holder)).status_code == (400 if check == "authorization.twice" else 401)
    assert [record.args[0] for record in log.records if isinstance(record.args, tuple)] == [check]


@pytest.mark.parametrize("send", ACCEPTED.values(), ids=ACCEPTED)
def test_what_must_be_accepted_is(send: Callable[[Holder], Headers]) -> None:
    holder = Holder()
    answer = ask(holder.app, f"{URL}?page=2", send(holder))
    assert (answer.status_code, answer.json()) == (200, {"number": "7", "for": "user|1", "asked_by": "c1"})


@pytest.mark.parametrize("alg", ["ES256", "ES384", "PS256", "Ed25519"])
def test_by_every_family_of_algorithms(alg: str) -> None:
    holder = Holder(alg)
    assert ask(holder.app, URL, holder.sent(holder.proof())).status_code == 200


def test_d29_a_replayed_proof_is_refused() -> None:
    holder = Holder()
    headers = holder.sent(holder.proof())
    assert [ask(holder.app, URL, headers).status_code for _ in range(3)] == [200, 401, 401]


def test_d31_a_host_header_does_not_change_what_proofs_are_held_against() -> None:
    holder = Holder()
    evil = [("host", "evil.example"), *holder.sent(holder.proof(htu="https://evil.example/orders/7"))]
    assert ask(holder.app, URL, evil).status_code == 401
    assert ask(holder.app, URL, [("host", "evil.example"), *holder.sent(holder.proof())]).status_code == 200


def test_an_unbound_token_does_not_come_as_a_bound_one() -> None:
    holder = Holder()
    holder.token = holder.issuer.token()
    assert ask(holder.app, URL, holder.sent(holder.proof())).status_code == 401
    assert ask(holder.app, URL, holder.sent(scheme="Bearer")).status_code == 200
