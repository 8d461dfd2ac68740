"""The demo's person signs in: as an application on this machine sees it, without a browser to look at (RFC 8252).

1. the person: made once, with a new password at every run that nobody gets to see
2. /authorize, with PKCE; the sign-in page; the answer comes to a listener on loopback
3. the code for tokens, and the ID token checked as OpenID Connect Core 3.1.3.7 asks
4. the refresh token once, then out again
"""

from __future__ import annotations

import secrets
import time
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from .demo_browser import Browser, Listener
from .demo_setup import AUDIENCE, SCOPES, Registrar
from .demo_token import EVERYWHERE_S, PAUSE_S, verified
from .exits import Failed
from .remote import Remote

if TYPE_CHECKING:
    import httpx

EMAIL = "demo@tallystick.example"
CONNECTION = "Username-Password-Authentication"
TITLE = "a person, by code and PKCE"


def sign_in(remote: Remote, registrar: Registrar) -> dict[str, Any]:
    """What the application got, with all that was found in it; Failed when anything is not as it should be."""
    password = secrets.token_urlsafe(24)
    person = _person(remote, password)  # 1
    door = Remote(remote.server, registrar.native_application())
    browser = Browser(remote)
    try:
        nonce = secrets.token_urlsafe(32)
        tokens = _tokens(door, browser, password, nonce)  # 2, 3
        id_token = _checked(door, tokens["id_token"], nonce, person["user_id"])
        access_token = verified(str(tokens["access_token"]), door.jwks())
        again = door.exchange({"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]})  # 4
        if again.get("refresh_token") in (None, tokens["refresh_token"]):
            raise Failed("the refresh token was not replaced, though a public application had it")
        browser.open(f"{door.endpoint('end_session_endpoint')}?{urlencode({'id_token_hint': tokens['id_token']})}")
    finally:
        browser.close()
        door.close()
    return {
        "title": TITLE,
        "client_id": door.identity.client_id,
        "user_id": person["user_id"],
        "email": EMAIL,
        "scope": tokens["scope"],
        "id_token": {"header": id_token[0], "claims": id_token[1]},
        "access_token": {"header": access_token[0], "claims": access_token[1]},
    }


def _person(remote: Remote, password: str) -> dict[str, Any]:
    found = remote.manage("GET", "users-by-email", query={"email": EMAIL})
    if found:
        body = {"connection": CONNECTION, "password": password}
        changed: dict[str, Any] = remote.manage("PATCH", "users", found[0]["user_id"], body=body)
        return changed
    new = {"connection": CONNECTION, "email": EMAIL, "email_verified": True, "name": "Demo", "password": password}
    made: dict[str, Any] = remote.manage("POST", "users", body=new)
    return made


def _tokens(door: Remote, browser: Browser, password: str, nonce: str) -> dict[str, Any]:
    from ..jose import base64url

    verifier, state = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    with Listener() as listener:
        asked = {
            "response_type": "code",
            "client_id": door.identity.client_id,
            "redirect_uri": listener.redirect_uri,
            "scope": " ".join(("openid", "profile", "email", "offline_access", *SCOPES)),
            "audience": AUDIENCE,
            "state": state,
            "nonce": nonce,
            "code_challenge": base64url.encode(sha256(verifier.encode()).digest()),
            "code_challenge_method": "S256",
        }
        page = _sign_in_page(browser, f"{door.endpoint('authorization_endpoint')}?{urlencode(asked)}")
        ended = browser.press(page, "sign-in", username=EMAIL, password=password)
        answer = dict(listener.answer)
    if not answer:
        hint = "a tenant that demands a second factor, say, asks for more than the demo's person has"
        raise Failed(f"the sign-in ended at {ended.url.path} (HTTP {ended.status_code})", hint=hint)
    # RFC 9207 2.4: whose answer it is; RFC 6749 10.12: to whose question.
    if (answer.get("state"), answer.get("iss", door.issuer)) != (state, door.issuer):
        raise Failed("the answer does not belong to the request")
    if "code" not in answer:
        raise Failed(f"{answer.get('error')}: {answer.get('error_description')}")
    redeemed = {"redirect_uri": asked["redirect_uri"], "code_verifier": verifier}
    return door.exchange({"grant_type": "authorization_code", "code": answer["code"], **redeemed})


def _sign_in_page(browser: Browser, url: str) -> httpx.Response:
    """The page, as soon as every worker can know the application."""
    deadline_s = time.monotonic() + EVERYWHERE_S
    while (page := browser.open(url)).is_error and time.monotonic() < deadline_s:
        time.sleep(PAUSE_S)
    return page


def _checked(door: Remote, id_token: str, nonce: str, user_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
    header, claims = verified(id_token, door.jwks())
    expected = {"iss": door.issuer, "aud": door.identity.client_id, "nonce": nonce, "sub": user_id}
    for name, value in expected.items():
        if claims.get(name) != value:
            raise Failed(f"the ID token says {name} {claims.get(name)}, and should say {value}")
    if claims["exp"] <= time.time():
        raise Failed("the ID token is over already")
    return header, claims
