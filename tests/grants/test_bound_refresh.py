"""To whom a refresh token is bound: a public client's to the key or certificate it came over, another's to none.

RFC 9449 5, RFC 8705 4. The certificates here are nobody's: no application registered them (RFC 8705 3).
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.application import decoded
from tests.authorization.asking import check_of
from tests.inprocess import Answered, InProcess
from tests.sender.holder import ask, key_for, proof_for
from tests.tokens.allowed import CALLBACK, PUBLIC, ROTATING, VERIFIER, Allowed, allowed

OFFLINE = ["openid", "offline_access"]
API = "https://api.example/"
MINE, OTHER = key_for("ES256"), key_for("Ed25519")
CERTIFICATE, ANOTHER = (b"a certificate",), (b"another",)


class Holding:
    """What one request shows: a proof by a key, a certificate, or nothing."""

    def __init__(self, app: Allowed) -> None:
        self.app, self.house = app, app.house

    def shown(self, how: Any) -> dict[str, Any]:
        if how is None or isinstance(how, tuple):
            return {"proofs": (), "certificates": how or ()}
        nonce = self.house.worker.proofs.nonces.current(self.house.tenant.tenant_id, self.house.clock.now_ms())
        return {"proofs": (proof_for(self.house, how, nonce=nonce),), "certificates": ()}

    def ask(self, how: Any, **form: Any) -> Answered:
        shown = self.shown(how)
        return ask(self.house, *shown["proofs"], certificates=shown["certificates"], **self.app.proof, **form)

    def redeem(self, how: Any, **code: Any) -> dict[str, Any]:
        verifier = {} if "client_secret" in self.app.proof else {"code_verifier": VERIFIER}
        form = {"grant_type": "authorization_code", "code": self.app.code(OFFLINE, **code), "redirect_uri": CALLBACK}
        answer = self.ask(how, **form, **verifier)
        assert answer.status == 200, answer.content
        body: dict[str, Any] = answer.json()
        return body

    def refresh(self, how: Any, token: str) -> Answered:
        return self.ask(how, grant_type="refresh_token", refresh_token=token)


def cnf(body: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = decoded(body["access_token"])[1].get("cnf", {})
    return found


@pytest.mark.parametrize(("mine", "other"), [(MINE, OTHER), (CERTIFICATE, ANOTHER)], ids=["dpop", "mtls"])
def test_d31_a_public_clients_token_needs_its_holder(house: InProcess, mine: Any, other: Any) -> None:
    it = Holding(allowed(house, **PUBLIC))
    body = it.redeem(mine)
    token, bound = body["refresh_token"], cnf(body)
    assert bound
    # RFC 9700 2.2.2: sender-constrained instead of rotated.
    assert not token.startswith("v1.")
    for wrong in (other, None, CERTIFICATE if mine is MINE else MINE):
        answer = it.refresh(wrong, token)
        assert (answer.status, answer.json()["error"]) == (400, "invalid_grant")
        assert check_of(house) == "refresh_token.possession"
    again = it.refresh(mine, token).json()
    assert cnf(again) == bound
    assert "refresh_token" not in again


@pytest.mark.parametrize(("mine", "other"), [(MINE, OTHER), (CERTIFICATE, ANOTHER)], ids=["dpop", "mtls"])
def test_a_confidential_clients_token_takes_a_new_key(house: InProcess, mine: Any, other: Any) -> None:
    """conformance.md, refresh-token: its authentication holds it, and each access token is bound to what is shown."""
    it = Holding(allowed(house))
    first = it.redeem(mine)
    second = it.refresh(other, first["refresh_token"]).json()
    assert cnf(first) != cnf(second) != {}
    assert cnf(it.refresh(None, first["refresh_token"]).json()) == {}


def test_a_confidential_clients_token_is_held_by_nobody_after_a_rotation_either(house: InProcess) -> None:
    it = Holding(allowed(house, refresh_token=ROTATING))
    rotated = it.refresh(MINE, it.redeem(None)["refresh_token"]).json()["refresh_token"]
    assert it.refresh(OTHER, rotated).status == 200


def test_a_proof_binds_also_where_the_api_wants_no_bound_token(house: InProcess) -> None:
    """RFC 9449 5 speaks of the refresh token whatever becomes of the access token; a certificate may just be there."""
    house.api(API, allow_offline_access=True)
    it = Holding(allowed(house, **PUBLIC))
    body = it.redeem(MINE, audience=API)
    assert (cnf(body), body["token_type"]) == ({}, "Bearer")
    assert it.refresh(OTHER, body["refresh_token"]).status == 400
    assert it.refresh(MINE, body["refresh_token"]).status == 200
    ambient = it.redeem(CERTIFICATE, audience=API)
    assert cnf(ambient) == {}
    assert ambient["refresh_token"].startswith("v1.")
    assert it.refresh(None, ambient["refresh_token"]).status == 200


def test_the_api_that_names_mtls_binds_the_access_token_and_the_proof_the_refresh_token(house: InProcess) -> None:
    house.api(API, allow_offline_access=True, proof_of_possession={"mechanism": "mtls", "required": True})
    it = Holding(allowed(house, **PUBLIC))
    code = {"grant_type": "authorization_code", "code": it.app.code(OFFLINE, audience=API), "redirect_uri": CALLBACK}
    proofs = it.shown(MINE)["proofs"]
    form = {**code, "code_verifier": VERIFIER, **it.app.proof}
    body = ask(house, *proofs, certificates=CERTIFICATE, **form).json()
    assert set(cnf(body)) == {"x5t#S256"}
    refresh = {"grant_type": "refresh_token", "refresh_token": body["refresh_token"], **it.app.proof}
    assert ask(house, certificates=CERTIFICATE, **refresh).json()["error"] == "invalid_grant"
    assert ask(house, *it.shown(MINE)["proofs"], certificates=ANOTHER, **refresh).status == 200


@pytest.mark.parametrize("audience", [None, API], ids=["bound access tokens", "an API that wants none"])
def test_a_token_that_nobody_holds_yet_is_held_from_its_rotation_on(house: InProcess, audience: str | None) -> None:
    """A public client that begins to prove a key: what it gets for it is that key's."""
    house.api(API, allow_offline_access=True)
    it = Holding(allowed(house, **PUBLIC))
    first = it.redeem(None, audience=audience)["refresh_token"]
    second = it.refresh(MINE, first).json()["refresh_token"]
    assert it.refresh(OTHER, second).json()["error"] == "invalid_grant"
    assert it.refresh(None, second).json()["error"] == "invalid_grant"
    assert it.refresh(MINE, second).status == 200
    # The one before it, shown again, is told to its holder alone.
    assert check_of(house) != "refresh_token.reused"


def test_whoever_binds_a_stolen_token_to_a_key_of_their_own_is_found_out_within_the_leeway(house: InProcess) -> None:
    """RFC 9700 4.14.2: the leeway forgives a retry of the holder's. Its owner cannot prove the thief's key, and would
    sign in anew while the thief goes on with a token that no reuse would ever end."""
    it = Holding(allowed(house, **PUBLIC, refresh_token={**ROTATING, "leeway": 60}))
    stolen = it.redeem(None)["refresh_token"]
    taken = it.refresh(OTHER, stolen).json()
    assert it.refresh(OTHER, stolen).status == 200, "a retry of its holder"
    assert it.refresh(None, stolen).json()["error"] == "invalid_grant"
    assert check_of(house) == "refresh_token.reused"
    assert it.refresh(OTHER, taken["refresh_token"]).json()["error"] == "invalid_grant"
    assert check_of(house) == "refresh_token.withdrawn"


def test_a_refused_holder_ends_nothing(house: InProcess) -> None:
    """Whoever caught a bound token can neither use it nor have it withdrawn."""
    it = Holding(allowed(house, **PUBLIC))
    token = it.redeem(MINE)["refresh_token"]
    for _ in range(3):
        assert it.refresh(OTHER, token).status == 400
    assert it.refresh(MINE, token).status == 200
    assert [family.withdrawn_at_ms for family in it.app.families()] == [None]


@pytest.mark.parametrize("fields", [{}, PUBLIC], ids=["confidential", "public"])
def test_a_certificate_that_nobody_registered_binds_code_and_refresh(house: InProcess, fields: dict[str, Any]) -> None:
    """RFC 8705 3."""
    house.api(API, allow_offline_access=True, proof_of_possession={"mechanism": "mtls", "required": True})
    it = Holding(allowed(house, **fields))
    body = it.redeem(CERTIFICATE, audience=API)
    assert set(cnf(body)) == {"x5t#S256"}
    assert body["token_type"] == "Bearer"
    assert cnf(it.refresh(CERTIFICATE, body["refresh_token"]).json()) == cnf(body)
    assert it.refresh(None, body["refresh_token"]).status == 400
