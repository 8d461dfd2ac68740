"""What an application's secrets are seen in: what it sends, and nothing that is printed or logged of it."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import requests

from tallystick.jose.private_keys import generate_private_key
from tallystick.sdk.adapters import httpx as by_httpx
from tallystick.sdk.adapters import requests as by_requests
from tallystick.sdk.application import Application
from tallystick.sdk.dpop import DpopKey
from tallystick.sdk.methods import ClientSecretBasic, ClientSecretPost, Method, PrivateKeyJwt
from tallystick.sdk.sources import SignedIn
from tallystick.sdk.tokens import Tokens
from tests.sdk.fake_server import Asked, Fake, Said, said

from .test_httpx import TLS

SECRET, REFRESH, ACCESS = "the-client-secret", "the-refresh-token", "the-access-token"
METHODS: list[Method] = [
    ClientSecretPost(SECRET),
    ClientSecretBasic(SECRET),
    PrivateKeyJwt(generate_private_key("ES256"), "ES256"),
]
GOOD = {"access_token": ACCESS, "token_type": "DPoP", "refresh_token": REFRESH}


def with_httpx(source: SignedIn, url: str) -> Any:
    auth = by_httpx.TokenAuth(source, url)
    with httpx.Client(auth=auth, verify=TLS, trust_env=False, follow_redirects=True) as http:
        return http.get(url)


def with_requests(source: SignedIn, url: str) -> Any:
    with requests.Session() as session:
        session.trust_env = False
        by_requests.mount(session, url, source)
        return session.get(url)


ANSWERS: dict[str, Callable[[Asked], Said]] = {
    "good": lambda _: said(200, GOOD),
    "refused": lambda _: said(401, {"error": "invalid_client"}),
    "gone": lambda _: said(400, {"error": "invalid_grant"}),
    "not bound": lambda _: said(200, {**GOOD, "token_type": "Bearer"}),
    "no JSON": lambda _: Said(200, {}, f'{{"access_token": "{ACCESS}'.encode()),
    "no text": lambda _: Said(200, {}, f'{{"access_token": "{ACCESS}\xff"}}'.encode("latin-1")),
    "moved": lambda asked: Said(307, {"Location": asked.url.replace("/token", "/elsewhere")}),
    "wrong types": lambda _: said(200, {**GOOD, "access_token": [ACCESS]}),
}


@pytest.mark.parametrize("call", [with_httpx, with_requests])
@pytest.mark.parametrize("answer", ANSWERS)
def test_no_secret_reaches_a_log_an_error_or_a_repr(
    call: Callable[[SignedIn, str], Any], answer: str, fake: Fake, caplog: pytest.LogCaptureFixture
) -> None:
    fake.pages["/token"] = ANSWERS[answer]
    fake.pages["/things"] = lambda _: Said(200, {}, b"fine")
    caplog.set_level(logging.DEBUG)
    for method in METHODS:
        application = Application(fake.origin, "c1", method, dpop_key=DpopKey.generate())
        over = Tokens("over", "DPoP", obtained_at_ms=0, expires_at_ms=0, refresh_token=REFRESH)
        source = SignedIn(application, over)
        seen = [repr(source), repr(application), repr(over), repr(method)]
        try:
            response = call(source, f"{fake.origin}/things")
        except Exception as error:
            assert answer != "good"
            seen += [*traceback.format_exception(error), repr(error)]
        else:
            assert answer == "good"
            seen += [repr(response), repr(response.request), repr(response.request.headers), repr(source.tokens)]
        told = "\n".join([*seen, *(record.getMessage() for record in caplog.records)])
        for secret in (SECRET, REFRESH, ACCESS, "eyJhbGc", "eyJ0eXA", "Basic "):
            assert secret not in told
    sent = [one.body.decode() for one in fake.asked if one.url.endswith("/token")]
    assert len(sent) == len(METHODS)
    assert all(REFRESH in body for body in sent)
