"""Which pages may read our answers: those of the client that the request proved to be (attacks.md 50)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from tallystick.clients.origins import origin_of
from tests.inprocess import FORM, Answered, InProcess
from tests.tokens.allowed import PUBLIC, VERIFIER, Allowed, allowed

ORIGIN = "https://app.example"
FOREIGN = ("https://evil.example", "null", "", "https://app.example.evil.example", "http://app.example", "*")


def allows(answer: Answered) -> str | None:
    assert "access-control-allow-credentials" not in answer.headers
    assert answer.headers.get("vary") == "Origin"
    return answer.headers.get("access-control-allow-origin")


def token_request(app: Allowed, origin: str, path: str = "/oauth/token", **form: str) -> Answered:
    sent = {"grant_type": "authorization_code", **app.proof, **form}
    headers = {b"content-type": FORM, b"origin": origin.encode(), b"auth0-client": b"e30"}
    return app.house.request("POST", path, urlencode(sent).encode(), headers)


def test_a_page_of_the_client_reads_tokens_and_refusals(house: InProcess) -> None:
    app = allowed(house, **PUBLIC)
    code = app.code()
    for form, status in (({"code": "x"}, 400), ({"code": code, "redirect_uri": "https://app.example/callback"}, 200)):
        answer = token_request(app, ORIGIN, code_verifier=VERIFIER, **form)
        assert (answer.status, allows(answer)) == (status, ORIGIN)
    assert allows(token_request(app, ORIGIN, "/oauth/revoke", token="x")) == ORIGIN


def test_a_page_of_nobody_and_of_another_client_reads_nothing(house: InProcess) -> None:
    app = allowed(house, **PUBLIC)
    other = allowed(house, app.user, **PUBLIC, callbacks=["https://other.example/callback"])
    for origin in (*FOREIGN, "https://other.example"):
        assert allows(token_request(app, origin, code="x")) is None
    assert allows(token_request(other, "https://other.example", code="x")) == "https://other.example"


def test_a_client_that_did_not_prove_itself_lends_its_origins_to_nobody(house: InProcess) -> None:
    app = allowed(house)
    assert allows(token_request(app, ORIGIN, code="x", client_secret="wrong")) is None


@pytest.mark.parametrize("field", ["web_origins", "allowed_origins"])
def test_origins_that_the_client_lists(house: InProcess, field: str) -> None:
    listed: dict[str, Any] = {field: ["http://localhost:3000", "https://*.wild.example"]}
    app = allowed(house, **PUBLIC, **listed)
    assert allows(token_request(app, "http://localhost:3000", code="x")) == "http://localhost:3000"
    assert allows(token_request(app, "https://a.wild.example", code="x")) is None


def test_userinfo(house: InProcess) -> None:
    app = allowed(house)
    token = app.tokens()["access_token"]
    for origin, expected in ((ORIGIN, ORIGIN), ("https://evil.example", None)):
        headers = {b"authorization": f"Bearer {token}".encode(), b"origin": origin.encode()}
        answer = house.request("GET", "/userinfo", b"", headers)
        assert (answer.status, allows(answer)) == (200, expected)


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/revoke", "/userinfo"])
def test_a_preflight_is_for_origins_that_some_client_lists(house: InProcess, path: str) -> None:
    allowed(house, **PUBLIC)
    for origin, expected in ((ORIGIN, ORIGIN), *((origin, None) for origin in FOREIGN)):
        headers = {b"origin": origin.encode(), b"access-control-request-method": b"POST"}
        answer = house.request("OPTIONS", path, b"", headers)
        assert (answer.status, allows(answer), answer.content) == (204, expected, b"")
        assert ("auth0-client" in answer.headers.get("access-control-allow-headers", "").lower()) is bool(expected)


def test_without_an_origin_nothing_is_said(house: InProcess) -> None:
    app = allowed(house)
    assert not {"vary", "access-control-allow-origin"} & set(app.redeem(app.code()).headers)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://App.Example:443/callback?x=1", "https://app.example"),
        ("http://localhost:80", "http://localhost"),
        ("http://[::1]:3000/cb", "http://[::1]:3000"),
        ("https://app.example:8443/", "https://app.example:8443"),
        ("com.example.app:/callback", None),
        ("https://user@app.example/", None),
        ("https://*.example/", None),
        ("https://{organization}.example/", None),
        ("//app.example/", None),
    ],
)
def test_the_origin_of_a_url_is_as_browsers_spell_it(url: str, origin: str | None) -> None:
    assert origin_of(url) == origin
