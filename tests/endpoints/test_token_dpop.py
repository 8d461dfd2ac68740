"""`/oauth/token` with DPoP proofs (RFC 9449 5): what they bind, that each is used once, and nonces."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.sender.algorithms import DPOP_ALGS
from tests.application import decoded
from tests.authorization.asking import check_of, last_event, set_tenant
from tests.inprocess import Answered, InProcess
from tests.sender.holder import ask, key_for, proof_for, prove_of
from tests.tokens.allowed import CALLBACK, allowed

API = "https://api.example/"
DPOP = {"mechanism": "dpop", "required": True}


def robot(house: InProcess, **api: Any) -> dict[str, Any]:
    """The form of an application that may ask for tokens of an API, which demands DPoP."""
    house.api(API, **({"proof_of_possession": DPOP} | api))
    return {**prove_of(house.client(API)), "audience": API}


def refused(house: InProcess, answer: Answered, check: str, error: str = "invalid_dpop_proof") -> None:
    assert (answer.status, answer.json().get("error"), check_of(house)) == (400, error, check)


@pytest.mark.parametrize("alg", sorted(DPOP_ALGS))
def test_every_algorithm_binds(house: InProcess, alg: str) -> None:
    form, key = robot(house), key_for(alg)
    answer = ask(house, proof_for(house, key), **form)
    assert answer.status == 200, answer.content
    assert answer.json()["token_type"] == "DPoP"
    assert decoded(answer.json()["access_token"])[1]["cnf"] == {"jkt": key.jkt}
    (row, *_) = house.run(house.worker.storage.log_page(house.tenant.tenant_id, limit=1))
    assert row.event.details["cnf"] == {"jkt": key.jkt}
    # Nobody uses nonces here, so none is told.
    assert "dpop-nonce" not in answer.headers


def test_d29_a_proof_is_used_once(house: InProcess) -> None:
    form, key = robot(house), key_for()
    proof = proof_for(house, key)
    assert ask(house, proof, **form).status == 200
    refused(house, ask(house, proof, **form), "dpop.replayed")


def test_d29_it_is_used_once_whatever_the_grant(house: InProcess) -> None:
    app, key = allowed(house), key_for()
    offline = ["openid", "offline_access"]
    codes = [app.code(offline) for _ in range(2)]
    proof = proof_for(house, key)

    def redeem(code: str, proof: str) -> Answered:
        return ask(house, proof, grant_type="authorization_code", code=code, redirect_uri=CALLBACK, **app.proof)

    first = redeem(codes[0], proof)
    assert first.status == 200
    refused(house, redeem(codes[1], proof), "dpop.replayed")
    refresh = {"grant_type": "refresh_token", "refresh_token": first.json()["refresh_token"], **app.proof}
    refused(house, ask(house, proof, **refresh), "dpop.replayed")
    # What was refused for its proof alone is good with another.
    assert redeem(codes[1], proof_for(house, key)).status == 200
    assert ask(house, proof_for(house, key), **refresh).status == 200


def test_d29_a_proof_of_another_key_with_the_same_jti_is_another(house: InProcess) -> None:
    form = robot(house)
    for alg in ("ES256", "Ed25519"):
        assert ask(house, proof_for(house, key_for(alg), jti="the same"), **form).status == 200


def test_a3_what_fails_otherwise_uses_no_proof_up(house: InProcess) -> None:
    form, proof = robot(house), proof_for(house, key_for())
    for wrong in ({"client_secret": "wrong"}, {"audience": "https://nobody.example/"}, {"scope": "unheard-of"}):
        assert ask(house, proof, **{**form, **wrong}).status in (400, 401)
    assert ask(house, proof, **form).status == 200


def test_the_log_says_what_a_refused_proof_said(house: InProcess) -> None:
    """As of a client assertion; of its key nothing, which may be a private one by mistake."""
    form = robot(house)
    refused(house, ask(house, proof_for(house, key_for(), "oauth/par"), **form), "dpop.htu")
    told = last_event(house).details
    assert told["proof_claims"]["htu"] == f"{house.issuer}oauth/par"
    assert told["proof_header"]["jwk"] == "(object, 4 members)"
    assert told["expected"][0] == f"{house.issuer}oauth/token"


def test_discovery_names_the_algorithms_that_are_taken(house: InProcess) -> None:
    """RFC 9449 5.1; FAPI 2 Security Profile 5.4.1 where the tenant demands it of everybody."""

    def told() -> set[str]:
        document = house.request("GET", "/.well-known/openid-configuration").json()
        return set(document["dpop_signing_alg_values_supported"])

    assert told() == {*DPOP_ALGS, "EdDSA"}
    set_tenant(house, compliance_level_floor="fapi2_security")
    assert told() == {"PS256", "ES256", "Ed25519", "EdDSA"}


def test_a_proof_that_binds_nothing_is_judged_and_used_all_the_same(house: InProcess) -> None:
    """auth0.md 3.7: the API takes no bound tokens."""
    form = robot(house, proof_of_possession=None)
    proof = proof_for(house, key_for())
    answer = ask(house, proof, **form)
    assert answer.json()["token_type"] == "Bearer"
    assert "cnf" not in decoded(answer.json()["access_token"])[1]
    refused(house, ask(house, proof, **form), "dpop.replayed")
    refused(house, ask(house, proof_for(house, key_for(), "oauth/par"), **form), "dpop.htu")
