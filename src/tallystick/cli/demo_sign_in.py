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
from typing import Any
from urllib.parse import urlencode

from .demo_browser import Browser, Listener
from .demo_person import EMAIL, Person, answer_to, the_person
from .demo_setup import AUDIENCE, SCOPES, Registrar
from .demo_token import verified
from .exits import Failed
from .remote import Remote

TITLE = "a person, by code and PKCE"


def sign_in(remote: Remote, registrar: Registrar) -> dict[str, Any]:
    """What the application got, with all that was found in it; Failed when anything is not as it should be."""
    person = the_person(remote)  # 1
    door = Remote(remote.server, registrar.native_application())
    browser = Browser(remote)
    try:
        nonce = secrets.token_urlsafe(32)
        tokens = _tokens(door, browser, person, nonce)  # 2, 3
        id_token = checked(door, tokens["id_token"], nonce, person.user_id)
        access_token = verified(str(tokens["access_token"]), door.jwks())
        again = door.exchange({"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]})  # 4
        if again.get("refresh_token") in (None, tokens["refresh_token"]):
            raise Failed("the refresh token was not replaced, though a public application had it")
        sign_out(door, browser, tokens["id_token"])
    finally:
        browser.close()
        door.close()
    return {
        "title": TITLE,
        "client_id": door.identity.client_id,
        "user_id": person.user_id,
        "email": EMAIL,
        "scope": tokens["scope"],
        "id_token": {"header": id_token[0], "claims": id_token[1]},
        "access_token": {"header": access_token[0], "claims": access_token[1]},
    }


def _tokens(door: Remote, browser: Browser, person: Person, nonce: str) -> dict[str, Any]:
    verifier, challenge = new_proof()
    state = secrets.token_urlsafe(32)
    with Listener() as listener:
        asked = {
            "response_type": "code",
            "client_id": door.identity.client_id,
            "redirect_uri": listener.redirect_uri,
            "scope": " ".join(("openid", "profile", "email", "offline_access", *SCOPES)),
            "audience": AUDIENCE,
            "state": state,
            "nonce": nonce,
            **challenge,
        }
        url = f"{door.endpoint('authorization_endpoint')}?{urlencode(asked)}"
        answer = answer_to(url, browser, listener, person)
    # RFC 9207 2.4: whose answer it is; RFC 6749 10.12: to whose question.
    if (answer.get("state"), answer.get("iss", door.issuer)) != (state, door.issuer):
        raise Failed("the answer does not belong to the request")
    return redeemed(door, answer, asked["redirect_uri"], verifier)


def new_proof() -> tuple[str, dict[str, str]]:
    """A verifier, and what a request says of it (RFC 7636 4.1, 4.2)."""
    from ..jose import base64url

    verifier = secrets.token_urlsafe(32)
    challenge = base64url.encode(sha256(verifier.encode()).digest())
    return verifier, {"code_challenge": challenge, "code_challenge_method": "S256"}


def redeemed(door: Remote, answer: dict[str, Any], redirect_uri: str, verifier: str) -> dict[str, Any]:
    """The tokens for the code of an answer; Failed for a refusal."""
    if "code" not in answer:
        raise Failed(f"{answer.get('error')}: {answer.get('error_description')}")
    form = {"code": answer["code"], "redirect_uri": redirect_uri, "code_verifier": verifier}
    return door.exchange({"grant_type": "authorization_code", **form})


def sign_out(door: Remote, browser: Browser, id_token: str) -> None:
    """End the session (OpenID Connect RP-Initiated Logout)."""
    browser.open(f"{door.endpoint('end_session_endpoint')}?{urlencode({'id_token_hint': id_token})}")


def checked(door: Remote, id_token: str, nonce: str, user_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of an ID token that is for this application, this request and this person."""
    header, claims = verified(id_token, door.jwks())
    expected = {"iss": door.issuer, "aud": door.identity.client_id, "nonce": nonce, "sub": user_id}
    for name, value in expected.items():
        if claims.get(name) != value:
            raise Failed(f"the ID token says {name} {claims.get(name)}, and should say {value}")
    if claims["exp"] <= time.time():
        raise Failed("the ID token is over already")
    return header, claims
