"""The examples as their readers run them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.middleware.cors import CORSMiddleware

from examples import fastapi_api, starlette_api
from tallystick.sdk.api import ANY_BINDING, Nonces, ProtectedResource, ResourceMetadata
from tallystick.sdk.dpop import DpopKey
from tests.sdk.api.asking import ask, challenges
from tests.sdk.api.issuer import API, BASE, ISSUER, Issuer, bearer

MFA = "http://schemas.openid.net/pape/policies/2007/06/multi-factor"


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def app(issuer: Issuer) -> Any:
    return fastapi_api.create_app(issuer.resource())


def test_without_a_token_the_challenge_says_how(app: Any) -> None:
    answer = ask(app, f"{BASE}/orders/7")
    assert answer.status_code == 401
    assert challenges(answer)[0] == "Bearer"
    assert challenges(answer)[1].startswith('DPoP algs="')
    assert "error" not in answer.json()
    assert ask(app, f"{BASE}/healthz").json() == {"ok": True}
    assert ask(app, f"{BASE}/healthz/").status_code == 401


def test_a_scope_that_is_missing_is_named(issuer: Issuer, app: Any) -> None:
    answer = ask(app, f"{BASE}/orders/7", [bearer(issuer.token(scope="write:orders"))])
    assert answer.status_code == 403
    assert 'error="insufficient_scope"' in challenges(answer)[0]
    assert 'scope="read:orders"' in challenges(answer)[0]
    assert "error" not in challenges(answer)[1]


def test_rfc9470_3_money_wants_a_recent_second_factor(issuer: Issuer, app: Any) -> None:
    def refund(**claims: Any) -> Any:
        return ask(app, f"{BASE}/refunds", [bearer(issuer.token(**claims))], "POST")

    answer = refund()
    assert answer.status_code == 401
    wanted = f'error="insufficient_user_authentication", error_description="{answer.json()["error_description"]}"'
    assert challenges(answer)[0] == f'Bearer {wanted}, acr_values="{MFA}", max_age="300"'
    assert refund(acr=MFA).status_code == refund(auth_time=issuer.now_s()).status_code == 401
    assert refund(acr=MFA, auth_time=issuer.now_s() - 301).status_code == 401
    assert refund(acr=MFA, auth_time=issuer.now_s() - 300).json() == {"refunded": True, "by": "user|1"}


def test_the_examples_read_their_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    proofs = str(tmp_path / "proofs.sqlite")
    for name, value in {"ISSUER": ISSUER, "URL": BASE, "NONCE_KEY": "ab" * 32, "PROOFS": proofs}.items():
        monkeypatch.setenv(f"ORDERS_{name}", value)
    for example in (fastapi_api, starlette_api):
        assert ask(example.create_app(), f"{BASE}/orders").status_code == 401


@pytest.fixture
def strict(issuer: Issuer) -> ProtectedResource:
    """As the Starlette example has it."""
    said = ResourceMetadata(name="Orders", scopes=("read:orders",))
    return issuer.resource(required_bindings=ANY_BINDING, nonces=Nonces(b"n" * 32), metadata=said)


def test_rfc9449_9_the_api_hands_out_nonces(issuer: Issuer, strict: ProtectedResource) -> None:
    app, key = starlette_api.create_app(strict), DpopKey.generate()
    token = issuer.token(cnf={"jkt": key.jkt})

    def sent(**more: Any) -> Any:
        proof = issuer.proof(key, token, **more)
        return ask(app, f"{BASE}/orders", [("authorization", f"DPoP {token}"), ("dpop", proof)])

    first = sent()
    assert (first.status_code, first.json()["error"]) == (401, "use_dpop_nonce")
    assert 'DPoP error="use_dpop_nonce"' in challenges(first)[1]
    second = sent(nonce=first.headers["dpop-nonce"])
    assert second.status_code == 200
    assert "dpop-nonce" not in second.headers
    issuer.clock.advance(61)
    third = sent(nonce=first.headers["dpop-nonce"])
    assert third.status_code == 200
    assert third.headers["dpop-nonce"] != first.headers["dpop-nonce"]
    assert third.headers["cache-control"] == "no-store"
    token = issuer.token(cnf={"jkt": key.jkt}, scope="")
    refused = sent(nonce=first.headers["dpop-nonce"])
    assert (refused.status_code, refused.headers["dpop-nonce"]) == (403, third.headers["dpop-nonce"])
    issuer.clock.advance(400)
    token = issuer.token(cnf={"jkt": key.jkt})
    assert sent(nonce=third.headers["dpop-nonce"]).json()["error"] == "use_dpop_nonce"
    for other in (Nonces(b"m" * 32).current(API, issuer.clock.now_ms()), Nonces(b"n" * 32).current("x", 0), "x"):
        assert sent(nonce=other).json()["error"] == "use_dpop_nonce"


def test_every_token_must_be_bound(issuer: Issuer, strict: ProtectedResource) -> None:
    app = starlette_api.create_app(strict)
    answer = ask(app, f"{BASE}/orders", [bearer(issuer.token())])
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")


def test_a_browser_on_another_origin_asks_first_without_a_token(issuer: Issuer, app: Any) -> None:
    app.add_middleware(CORSMiddleware, allow_origins=["https://spa.example"], allow_headers=["Authorization", "DPoP"])
    asks = [("origin", "https://spa.example"), ("access-control-request-method", "GET")]
    assert ask(app, f"{BASE}/orders/7", asks, "OPTIONS").status_code == 200
    refused = ask(app, f"{BASE}/orders/7", asks[:1])
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, "https://spa.example")


def test_rfc9728_the_api_publishes_what_it_is(strict: ProtectedResource) -> None:
    app = starlette_api.create_app(strict)
    url = f"{BASE}/.well-known/oauth-protected-resource"
    document = ask(app, url).json()
    assert ask(app, url, method="HEAD").status_code == 200
    assert ask(app, url, method="POST").status_code == 401
    assert document.pop("dpop_signing_alg_values_supported")
    assert document == {
        "resource": API,
        "authorization_servers": [ISSUER],
        "bearer_methods_supported": ["header"],
        "scopes_supported": ["read:orders"],
        "resource_name": "Orders",
        "dpop_bound_access_tokens_required": False,
        "tls_client_certificate_bound_access_tokens": False,
    }
    assert all(f'resource_metadata="{url}"' in each for each in challenges(ask(app, f"{BASE}/orders")))
