"""attacks.md 2, where many try at once: one ``jti`` of a request object, over two workers and on both databases."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import Counter
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from tallystick.users.user import DATABASE_CONNECTION
from tests.administrator import Administrator, unique
from tests.authorization.pushing import PKCE
from tests.authorization.request_objects.signing import with_key
from tests.forge import Key
from tests.people import PASSWORD
from tests.server import Server
from tests.signin import Visitor, visitor_at
from tests.tokens.allowed import CALLBACK

AT_ONCE = 20


class Signer:
    """An application that signs what it asks for, and a browser of a real server in which somebody is signed in."""

    def __init__(self, server: Server, admin: Administrator) -> None:
        self.server, self.key = server, Key("ES256")
        fields = {"app_type": "regular_web", "callbacks": [CALLBACK], "grant_types": ["authorization_code"]}
        self.client = admin.client(**fields, **with_key(self.key))
        email = f"{unique('signer')}@example.org"
        admin.ask("POST", "users", {"email": email, "password": PASSWORD, "connection": DATABASE_CONNECTION})
        self.browser: Visitor = visitor_at(server)
        page = self.browser.get(f"/authorize?{urlencode(self.carried())}")
        assert "code" in page.press("sign-in", username=email, password=PASSWORD).answer

    def carried(self) -> dict[str, Any]:
        """A request with an object of its own."""
        client_id, now_s = self.client["client_id"], int(time.time())
        dates = {"iat": now_s, "nbf": now_s, "exp": now_s + 60, "jti": secrets.token_hex(8)}
        asked = {"redirect_uri": CALLBACK, "response_type": "code", **PKCE}
        claims = {"iss": client_id, "aud": self.server.issuer, "client_id": client_id, **dates, **asked}
        text = self.key.jwt(claims, typ="oauth-authz-req+jwt")
        return {"client_id": client_id, "redirect_uri": CALLBACK, "request": text}

    def at_once(self, method: str, path: str, **options: Any) -> list[httpx.Response]:
        """The same request, as many times at once, over connections of their own."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.browser.cookies.items())

        async def run() -> list[httpx.Response]:
            async with httpx.AsyncClient(verify=self.server.tls(), timeout=60, trust_env=False) as http:
                url, headers = f"{self.server.issuer}{path}", {"cookie": cookies}
                asked = (http.request(method, url, headers=headers, **options) for _ in range(AT_ONCE))
                return await asyncio.gather(*asked)

        return asyncio.run(run())


@pytest.fixture
def signer(server: Server, admin: Administrator) -> Signer:
    return Signer(server, admin)


def test_2_of_twenty_answers_to_one_carried_object_one_is_a_code(signer: Signer) -> None:
    answers = signer.at_once("GET", f"authorize?{urlencode(signer.carried())}")
    told = [parse_qs(urlsplit(answer.headers["location"]).query) for answer in answers]
    codes, errors = [one for one in told if "code" in one], [one["error"][0] for one in told if "error" in one]
    assert (len(codes), Counter(errors)) == (1, {"invalid_request_object": AT_ONCE - 1})


def test_2_of_twenty_pushes_of_one_object_one_is_taken(signer: Signer) -> None:
    form = {**signer.carried(), "client_secret": signer.client["client_secret"]}
    answers = signer.at_once("POST", "oauth/par", data=form)
    assert Counter(answer.status_code for answer in answers) == {201: 1, 400: AT_ONCE - 1}
    errors = {answer.json()["error"] for answer in answers if answer.status_code == 400}
    assert errors == {"invalid_request_object"}
