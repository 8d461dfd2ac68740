"""attacks.md 33, 34, 45: unsigned requests in wrappers, parameters beside the signed ones, one JWT for another."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections import Counter
from typing import Any
from urllib.parse import urlencode

import pytest

from tallystick.jose.keys import jwk_of, public_key_of
from tests.application import JWT_BEARER
from tests.authorization.asking import CHALLENGE, REDIRECT_URI, check_of, redeemed
from tests.authorization.request_objects.encrypting import encrypted
from tests.authorization.request_objects.signing import FAPI, Signing, by_key, refused, refuses, signing, takes
from tests.forge import LEFT_OUT, Key, b64, compact, good_claims
from tests.inprocess import InProcess

AT_ONCE = 20
EVIL = "https://evil.example/callback"


def unsigned(app: Signing) -> dict[str, str]:
    """What an attacker can make of an honest request who has no key of the application's, and what stops it."""
    claims = app.claims()
    payload = b64(json.dumps(claims).encode())
    public = app.key.public_pem.encode()
    head, body, signature = app.object().split(".")
    own = Key()
    return {
        json.dumps(claims): "jwt.parts",
        f"{b64(json.dumps({'alg': 'none'}).encode())}.{payload}.": "jwt.alg",
        f"{b64(json.dumps({'alg': 'nOnE'}).encode())}.{payload}.": "jwt.alg",
        f"{b64(b'{}')}.{payload}.": "jwt.alg",
        compact({"alg": "HS256"}, claims, lambda text: hmac.digest(public, text, "sha256")): "jwt.alg",
        f"{head}.{payload}.": "jwt.signature",
        f"{head}.{b64(json.dumps({**claims, 'scope': 'openid email'}).encode())}.{signature}": "jwt.signature",
        own.jwt(claims, typ="oauth-authz-req+jwt"): "jwt.signature",
        own.jwt(claims, jwk=jwk_of(public_key_of(own.private.public_key()))): "jwt.signature",
        f"{head}.{body}": "jwt.parts",
    }


@pytest.mark.parametrize("level", [None, FAPI])
def test_33_a_wrapper_signs_nothing(house: InProcess, level: str | None) -> None:
    """CVE-2026-9793: what is not good enough by itself is no better inside a JWE to the tenant's key."""
    app = signing(house, level=level)
    for text, check in unsigned(app).items():
        for sent in (text, encrypted(house, text)):
            refuses(app, sent, check)
    takes(app, encrypted(house, app.object()))


def test_34_what_stands_beside_the_object_changes_nothing(house: InProcess) -> None:
    """Whatever an attacker hangs on, by GET and by POST, at /authorize and at the push."""
    app = signing(house)
    outer = {"redirect_uri": EVIL, "response_type": "token", "response_mode": "form_post", "scope": "openid email"}
    flow = {"state": "theirs", "nonce": "theirs", "code_challenge": CHALLENGE, "code_challenge_method": "S256"}
    person = {"prompt": "login", "max_age": "0", "id_token_hint": "x.y.z", "login_hint": "them@example.org"}
    target = {"audience": "https://x.example/", "resource": "x", "authorization_details": "[]", "claims": "{"}
    beside: dict[str, Any] = outer | flow | person | target
    query = urlencode({"client_id": app.client["client_id"], "request": app.object(), **beside})
    pushed = app.push(app.object(), **beside).json()["request_uri"]
    visited = urlencode({"client_id": app.client["client_id"], "request_uri": pushed, **beside})
    for stop in (
        app.browser.get(f"/authorize?{query}"),
        app.browser.get(f"/authorize?{visited}"),
        app.carry(app.object(), **beside),
    ):
        assert stop.location.startswith(REDIRECT_URI), (stop.status, stop.error)
        assert (set(stop.answer), stop.answer["state"]) == ({"code", "state", "iss"}, "inside")
        assert redeemed(app, stop.answer["code"])["scope"] == "openid"


def test_34_a_refused_object_leads_nowhere_but_to_the_registered_uri(house: InProcess) -> None:
    app = signing(house)
    for text in (app.object(exp=1), app.object(redirect_uri=EVIL), "x"):
        stop = app.carry(text, redirect_uri=EVIL)
        assert (stop.status, stop.location) == (400, "")
    refused(app, app.carry(app.object(exp=1, redirect_uri=EVIL)), "request_object.exp_past")


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        *(("exp", LEFT_OUT), ("exp", 1), ("exp", 4_000_000_000), ("nbf", LEFT_OUT), ("nbf", 4_000_000_000)),
        *(("aud", LEFT_OUT), ("aud", "https://other.example/"), ("iss", LEFT_OUT), ("iss", "other")),
    ],
)
def test_34_a_fapi_object_says_who_for_whom_and_when(house: InProcess, claim: str, value: Any) -> None:
    app = signing(house, level=FAPI)
    answer = app.push(app.object(**{claim: value}))
    assert (answer.status, answer.json()["error"]) == (400, "invalid_request_object")
    assert check_of(house).startswith(f"request_object.{claim}")


def test_34_of_many_at_once_one_spends_the_jti(house: InProcess) -> None:
    app = signing(house)
    query = urlencode({"client_id": app.client["client_id"], "request": app.object(jti="once")})
    cookies = "; ".join(f"{name}={value}" for name, value in app.browser.cookies.items())
    headers = [(b"host", house.host), (b"cookie", cookies.encode())]

    async def all_at_once() -> list[Any]:
        asking = (house._request("GET", f"/authorize?{query}", b"", headers, ()) for _ in range(AT_ONCE))
        return await asyncio.gather(*asking)

    answers = house.run(all_at_once())
    told = Counter("code=" in answer.headers["location"] for answer in answers)
    assert told == {True: 1, False: AT_ONCE - 1}


def test_45_one_jwt_does_not_pass_for_another(house: InProcess) -> None:
    """RFC 9101 10.8: a request object proves no client, and a client assertion is no request."""
    own = Key()
    app = signing(house, **by_key(own))
    client_id = app.client["client_id"]
    for text in (app.object(sub=client_id, jti="j"), app.object(header={"typ": LEFT_OUT}, sub=client_id, jti="j")):
        answer = house.token(client_assertion_type=JWT_BEARER, client_assertion=text)
        assert answer.json()["error"] == "invalid_client"
    asked = {**good_claims(client_id, house.issuer), "client_id": client_id, "response_type": "code"}
    refused(app, app.carry(own.jwt(asked)), "jwt.signature")
    refused(app, app.carry(app.key.jwt(asked)), "request_object.sub")
