"""B19 again, for what proves that a token is held: DPoP proofs, nonces, opaque tokens, what APIs ask about.

Good and refused, at every door that reads them; afterwards neither the process's output nor the tenant's log nor any
file of the deployment holds any of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.application import now_ms
from tests.attacks.test_b_canaries_of_people import searched
from tests.certificate_mill import leaf
from tests.clientauth.evidence import der
from tests.inprocess import InProcess, in_process
from tests.sender.holder import PAR, ask, key_for, post, proof_for, prove_of

OWN, OTHER = key_for(), key_for("Ed25519")


@pytest.fixture
def talkative(tmp_path: Path) -> Iterator[InProcess]:
    """A deployment that writes down every request."""
    with in_process(tmp_path / "data", now_ms(), access_log=True) as running:
        yield running


class Bound:
    """An application whose tokens are bound, its API, and what must not be found again."""

    def __init__(self, house: InProcess, **api: Any) -> None:
        self.house = house
        self.held: dict[str, str] = {}
        self.path = "orders/7"
        identifier = f"https://{api.get('token_dialect', 'jwt')}.example/"
        made = house.api(identifier, proof_of_possession={"mechanism": "dpop", "required": False}, **api)
        self.client = house.client(identifier)
        self.gateway = house.made(
            "POST",
            "clients",
            {"name": "gateway", "app_type": "resource_server", "resource_server_identifier": identifier},
        )
        self.form = {**prove_of(self.client), "audience": made["identifier"]}

    def proof(self, label: str, key: Any = OWN, path: str = "oauth/token", method: str = "POST", **more: Any) -> str:
        """A proof; its signature is what nobody else may see."""
        made = proof_for(self.house, key, path, method, **more)
        self.held[f"{label}, signature"] = made.rpartition(".")[2]
        return made

    def token(self) -> str:
        body = ask(self.house, self.proof("token"), **self.form).json()
        token = str(body["access_token"])
        self.held["token"] = token.rpartition(".")[2]
        return token

    def spoilt(self) -> None:
        """Proofs that are refused where tokens are given out."""
        replayed = self.proof("replayed")
        for _ in range(2):
            ask(self.house, replayed, **self.form)
        ask(self.house, self.proof("another URL", path=PAR), **self.form)
        ask(self.house, self.proof("one of two"), self.proof("two of two"), **self.form)
        ask(self.house, self.proof("made-up nonce", nonce="canary-of-a-nonce-made-up"), **self.form)
        ask(self.house, self.proof("cut")[:-9], **self.form)
        post(self.house, PAR, prove_of(self.client), self.proof("pushed", path=PAR))
        self.held["nonce"] = "canary-of-a-nonce-made-up"

    def shown(self, token: str) -> None:
        """The token at the server's own doors, with the right proof and the wrong one, and as a bearer token."""
        for path in ("userinfo", "api/v2/clients"):
            for key in (OWN, OTHER):
                made = self.proof(f"{path} by {key is OWN}", key, path, "GET", access_token=token)
                for scheme in ("DPoP", "Bearer"):
                    headers = {b"authorization": f"{scheme} {token}".encode(), b"dpop": made.encode()}
                    self.house.request("GET", f"/{path}", headers=headers)

    def asked(self, token: str) -> None:
        """The API asks about it, and so does somebody else; then it is revoked."""
        certificate = leaf("CN=canary").pem
        for who in (self.gateway, self.client):
            for key in (OWN, OTHER):
                made = self.proof(f"asked by {key is OWN}", key, self.path, "GET", access_token=token)
                relayed = {"token_scheme": "DPoP", "htm": "GET", "htu": self.house.issuer + self.path, "dpop": made}
                answer = post(self.house, "oauth/introspect", {**prove_of(who), "token": token, **relayed})
                assert answer.json()["active"] is (key is OWN and who is self.gateway)
            post(self.house, "oauth/introspect", {**prove_of(who), "token": token, "client_certificate": certificate})
            post(self.house, "oauth/introspect", {**prove_of(who), "token": f"{token}x"})
        post(self.house, "oauth/revoke", {**prove_of(self.client), "token": token})


@pytest.mark.parametrize("dialect", [None, "opaque"])
def test_b19_what_shows_that_a_token_is_held_is_nowhere(
    talkative: InProcess, capfd: pytest.CaptureFixture[str], dialect: str | None
) -> None:
    house = talkative
    bound = Bound(house, **({"token_dialect": dialect} if dialect else {}))
    token = bound.token()
    bound.spoilt()
    bound.shown(token)
    bound.asked(token)
    ask(house, certificates=(der(leaf("CN=canary")),), **bound.form)
    house.flush()
    rows = house.run(house.worker.storage.log_page(house.tenant.tenant_id, limit=1000))
    output = "".join(capfd.readouterr())
    checks = {row.event.details.get("check") for row in rows}
    assert checks >= {"dpop.htu", "dpop.once", "dpop.nonce", "dpop.replayed", "token.aud"}, checks
    told = [("the output", output.encode()), ("the log", repr(rows).encode()), *searched(house)]
    assert len(bound.held) > 12
    found = [(label, place) for place, text in told for label, each in bound.held.items() if each.encode() in text]
    assert found == []
