"""Holders of DPoP keys, and what they send to a server in the test's own process."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from tallystick.sdk.dpop import DpopKey
from tests.inprocess import FORM, Answered, InProcess

TOKEN, PAR = "oauth/token", "oauth/par"
_KEYS: dict[str, DpopKey] = {}


def key_for(alg: str = "ES256") -> DpopKey:
    """One key for each algorithm, made once: keys of RSA cost."""
    if alg not in _KEYS:
        _KEYS[alg] = DpopKey.generate(alg)
    return _KEYS[alg]


def proof_for(house: InProcess, key: DpopKey, path: str = TOKEN, method: str = "POST", **more: Any) -> str:
    """A good proof of a request to one of the server's URLs, now."""
    return key.proof(method, house.issuer + path, now_ms=house.clock.now_ms(), **more)


def post(
    house: InProcess, path: str, form: dict[str, Any], *proofs: str, certificates: tuple[bytes, ...] = ()
) -> Answered:
    """A form with as many ``DPoP`` headers; None leaves a parameter out."""
    content = urlencode({name: value for name, value in form.items() if value is not None}).encode()
    headers = [(b"content-type", FORM), *((b"dpop", proof.encode()) for proof in proofs)]
    return house.sent("POST", f"/{path}", content, headers, certificates)


def ask(
    house: InProcess,
    *proofs: str,
    certificates: tuple[bytes, ...] = (),
    grant_type: str = "client_credentials",
    **form: Any,
) -> Answered:
    """A token request."""
    return post(house, TOKEN, {"grant_type": grant_type, **form}, *proofs, certificates=certificates)


def prove_of(client: dict[str, Any]) -> dict[str, Any]:
    """Who asks: by secret, or by the id alone."""
    return {name: client[name] for name in ("client_id", "client_secret") if name in client}


def retried(house: InProcess, key: DpopKey, refused: Answered, **form: Any) -> Answered:
    """The request again, with the nonce that the refusal told."""
    assert (refused.status, refused.json()["error"]) == (400, "use_dpop_nonce"), refused.content
    return ask(house, proof_for(house, key, nonce=refused.headers["dpop-nonce"]), **form)
