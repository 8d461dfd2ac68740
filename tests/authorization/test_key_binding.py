"""Codes that are bound to a key: by ``dpop_jkt``, by a proof where the request is pushed, or by both (RFC 9449 10)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.application import decoded
from tests.authorization.asking import REDIRECT_URI, VERIFIER, Asking, asking, check_of, sent_back
from tests.authorization.pushing import PKCE, proof_of
from tests.authorization.request_objects.signing import Signing, signing
from tests.inprocess import Answered, InProcess
from tests.sender.holder import PAR, ask, key_for, post, proof_for, prove_of

MINE, OTHER = key_for("ES256"), key_for("Ed25519")


def redeem(app: Asking, code: str, *proofs: str, **form: Any) -> Answered:
    """What a code gives whoever shows these proofs."""
    given = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI, "code_verifier": VERIFIER}
    return ask(app.house, *proofs, **{**given, **prove_of(app.client), **form})


def push(app: Asking, *proofs: str, **parameters: Any) -> Answered:
    """The plain request, pushed with these proofs."""
    return post(app.house, PAR, {**app.parameters(), **PKCE, **parameters, **proof_of(app)}, *proofs)


def visited(app: Asking, pushed: Answered) -> str:
    """The code of a pushed request."""
    assert pushed.status == 201, pushed.content
    query = {"client_id": app.client["client_id"], "request_uri": pushed.json()["request_uri"]}
    left_out: dict[str, Any] = dict.fromkeys(app.parameters())
    return app.code(**{**left_out, **query})


def pushed_object(app: Signing, *proofs: str, **claims: Any) -> Answered:
    """A request object, pushed with these proofs."""
    told: dict[str, Any] = {**PKCE, **claims}
    form = {"client_id": app.client["client_id"], "request": app.object(**told), **proof_of(app)}
    return post(app.house, PAR, form, *proofs)


def at_par(app: Asking) -> str:
    return proof_for(app.house, MINE, PAR)


WAYS: dict[str, Callable[[Signing], str]] = {
    "carried": lambda app: app.code(dpop_jkt=MINE.jkt, **PKCE),
    "carried, signed": lambda app: app.answer(dpop_jkt=MINE.jkt, **PKCE)["code"],
    "pushed": lambda app: visited(app, push(app, dpop_jkt=MINE.jkt)),
    "pushed with a proof": lambda app: visited(app, push(app, at_par(app))),
    "pushed with both": lambda app: visited(app, push(app, at_par(app), dpop_jkt=MINE.jkt)),
    "pushed, signed": lambda app: visited(app, pushed_object(app, dpop_jkt=MINE.jkt)),
    "pushed, signed, with a proof": lambda app: visited(app, pushed_object(app, at_par(app))),
}


@pytest.mark.parametrize("way", WAYS)
def test_d31_the_code_is_redeemed_with_that_key_alone(house: InProcess, way: str) -> None:
    """ensure-dpop-auth-code-binding-success, ensure-token-endpoint-fails-with-mismatched-dpop-jkt and -proof-jkt."""
    app = signing(house)
    code = WAYS[way](app)
    for proofs in ((), (proof_for(house, OTHER),)):
        answer = redeem(app, code, *proofs)
        assert (answer.status, answer.json()["error"], check_of(house)) == (400, "invalid_grant", "code.possession")
    # Whoever caught the code has spent nothing.
    answer = redeem(app, code, proof_for(house, MINE))
    assert answer.status == 200, answer.content
    assert answer.json()["token_type"] == "DPoP"
    assert decoded(answer.json()["access_token"])[1]["cnf"] == {"jkt": MINE.jkt}


def test_without_a_key_in_the_request_any_redeems_it(house: InProcess) -> None:
    app = asking(house)
    assert redeem(app, app.code(**PKCE), proof_for(house, OTHER)).json()["token_type"] == "DPoP"
    assert redeem(app, app.code(**PKCE)).json()["token_type"] == "Bearer"


def test_a_malformed_thumbprint_is_refused(house: InProcess) -> None:
    app = asking(house)
    for wrong in ("x", MINE.jkt[:-1], MINE.jkt + "=", MINE.jkt + "A", MINE.jkt[:-1] + "+", "A" * 42 + "é"):
        sent_back(app, app.ask(dpop_jkt=wrong), "invalid_request", "dpop_jkt")
    pushed = push(app, dpop_jkt="x")
    assert (pushed.status, pushed.json()["error"], check_of(house)) == (400, "invalid_request", "authorize.dpop_jkt")


def test_d31_a_push_with_the_proof_of_another_key_is_refused(house: InProcess) -> None:
    """RFC 9449 10.1; ensure-mismatched-dpop-jkt-fails. The parameter counts where it stands: here, or in the object."""
    app = signing(house)
    mine = at_par(app)
    for answer in (push(app, mine, dpop_jkt=OTHER.jkt), pushed_object(app, mine, dpop_jkt=OTHER.jkt)):
        assert (answer.status, answer.json()["error"], check_of(house)) == (400, "invalid_dpop_proof", "dpop.jkt")
    # Refused, it used nothing up.
    assert push(app, mine).status == 201


def test_outside_a_signed_request_the_parameter_counts_for_nothing(house: InProcess) -> None:
    app = signing(house)
    challenge: dict[str, Any] = dict(PKCE)
    answer = app.carry(app.object(**challenge), dpop_jkt=MINE.jkt).answer
    assert redeem(app, answer["code"]).status == 200


def test_d29_a_proof_pushes_once_and_is_none_of_another_endpoint(house: InProcess) -> None:
    app = asking(house)
    mine = at_par(app)
    assert push(app, mine).status == 201
    for proof, check in ((mine, "dpop.replayed"), (proof_for(house, MINE), "dpop.htu")):
        answer = push(app, proof)
        assert (answer.status, answer.json()["error"], check_of(house)) == (400, "invalid_dpop_proof", check)
    answer = push(app, at_par(app), at_par(app))
    assert (answer.status, check_of(house)) == (400, "dpop.once")


def test_a_proof_that_failed_elsewhere_is_not_used_up(house: InProcess) -> None:
    app = asking(house)
    mine = at_par(app)
    for wrong in ({"redirect_uri": "https://evil.example/"}, {"client_secret": "wrong"}):
        form = {**app.parameters(), **PKCE, **proof_of(app), **wrong}
        assert post(house, PAR, form, mine).status in (400, 401)
    assert push(app, mine).status == 201
