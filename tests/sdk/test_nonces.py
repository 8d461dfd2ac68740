"""Nonces: of each origin its own, and of each refusal the one that it brought (RFC 9449 8 and 9)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tallystick.jose.private_keys import generate_private_key
from tallystick.sdk.application import Application
from tallystick.sdk.calls import Call
from tallystick.sdk.dpop import DpopKey
from tallystick.sdk.exchange import Answer, Request
from tallystick.sdk.metadata import ServerMetadata
from tallystick.sdk.methods import PrivateKeyJwt
from tallystick.sdk.nonces import ORIGINS_MAX, Nonces
from tallystick.sdk.sources import ClientCredentials
from tallystick.sdk.tokens import Tokens
from tests.application import decoded

ISSUER = "https://as.example"
API = "https://api.example/things"
METADATA = ServerMetadata(ISSUER, {"token_endpoint": f"{ISSUER}/token"})
TOKENS = Tokens("t", "DPoP", obtained_at_ms=0, expires_at_ms=None)


@pytest.fixture
def application() -> Application:
    method = PrivateKeyJwt(generate_private_key("ES256"), "ES256")
    return Application(ISSUER, "c1", method, dpop_key=DpopKey.generate(), metadata=METADATA)


def nonce_in(headers: Any) -> str | None:
    nonce: str | None = decoded(headers["DPoP"])[1].get("nonce")
    return nonce


def wanting(nonce: str) -> dict[str, str]:
    return {"www-authenticate": 'DPoP error="use_dpop_nonce"', "dpop-nonce": nonce}


def test_a_nonce_of_one_server_never_goes_to_another(application: Application) -> None:
    nonces = application.nonces
    nonces.learn(API, {"dpop-nonce": "api-1"})
    nonces.learn(f"{ISSUER}/token", {"dpop-nonce": "as-1"})
    source = ClientCredentials(application)
    for url, nonce in (
        (API, "api-1"),
        ("https://API.example:443/other?x", "api-1"),
        ("https://api.example:8443/things", None),
        ("https://api.example.evil/things", None),
        ("https://api.example@evil.example/things", None),
        (f"{ISSUER}/userinfo", "as-1"),
    ):
        assert nonce_in(Call(source, "GET", url).headers(TOKENS)) == nonce
    assert nonce_in(next(application.client_credentials()).headers) == "as-1"


def test_calls_beside_each_other_show_the_nonce_of_their_own_refusal(application: Application) -> None:
    """A server may take each of its nonces once: the newest of all is another call's."""
    source = ClientCredentials(application)
    calls = {nonce: Call(source, "GET", API) for nonce in ("n-1", "n-2", "n-3")}
    for nonce, call in calls.items():
        assert nonce_in(call.headers(TOKENS)) in (None, "n-1", "n-2")
        assert call.goes_on(TOKENS, 401, wanting(nonce), is_fresh=True)
    for nonce, call in calls.items():
        assert nonce_in(call.headers(TOKENS)) == nonce
        assert not call.goes_on(TOKENS, 401, wanting("n-4"), is_fresh=True)


def test_requests_for_tokens_beside_each_other_likewise_each_with_a_new_assertion(application: Application) -> None:
    refusal = msgspec.json.encode({"error": "use_dpop_nonce"})
    flows = {nonce: application.client_credentials() for nonce in ("n-1", "n-2")}
    firsts = {nonce: next(flow) for nonce, flow in flows.items()}
    application.nonces.learn(ISSUER, {"dpop-nonce": "n-0"})
    seconds: dict[str, Request] = {}
    for nonce, flow in flows.items():
        seconds[nonce] = flow.send(Answer(400, {"dpop-nonce": nonce}, refusal))
        application.nonces.learn(ISSUER, {"dpop-nonce": "n-9"})
    for nonce, second in seconds.items():
        assert nonce_in(second.headers) == nonce
    assert len({request.body for request in (*firsts.values(), *seconds.values())}) == 4


def test_whoever_calls_a_great_many_servers_forgets_the_first_ones() -> None:
    nonces = Nonces()
    for number in range(ORIGINS_MAX + 1):
        nonces.learn(f"https://{number}.example/", {"dpop-nonce": "n"})
    assert nonces.of("https://0.example/") is None
    assert nonces.of("https://1.example/") == nonces.of(f"https://{ORIGINS_MAX}.example/") == "n"


@pytest.mark.parametrize("said", ["", "has blanks", 'has"quotes', "ü", "x" * 4097, "a\r\nb"])
def test_rfc9449_8_1_what_is_no_nonce_is_not_learnt(said: str) -> None:
    nonces = Nonces()
    assert nonces.learn(API, {"dpop-nonce": said}) is None
    assert nonces.of(API) is None
