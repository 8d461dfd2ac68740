"""What the demo checks in the tokens it gets, and how it finds its way through a page."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import httpx
import msgspec
import pytest

from tallystick.cli.demo_browser import Browser, Listener, _Form
from tallystick.cli.demo_sign_in import checked
from tallystick.cli.demo_signed import _believed
from tallystick.cli.demo_token import check_binding, verified
from tallystick.cli.exits import Failed
from tallystick.jose.private_keys import generate_private_key, public_key_for
from tallystick.jose.signer import Signer
from tallystick.sdk.keys import public_jwk

KEY = generate_private_key("ES256")
JWKS = [public_jwk(public_key_for(KEY), "ES256", "k1")]
CLAIMS = {"sub": "c1", "cnf": {"x5t#S256": "abc"}}


def token(key: object = KEY, kid: str = "k1") -> str:
    return Signer(kid, "ES256", key).sign(msgspec.json.encode(CLAIMS))  # type: ignore[arg-type]  # a private key


def test_a_token_is_verified_with_the_published_key() -> None:
    assert verified(token(), [dict(jwk) for jwk in JWKS])[1] == CLAIMS


@pytest.mark.parametrize("made", [token(generate_private_key("ES256")), token(kid="k2"), "opaque", "a.b.c"])
def test_any_other_token_fails_the_demo(made: str) -> None:
    with pytest.raises(Failed):
        verified(made, [dict(jwk) for jwk in JWKS])


def test_rfc8705_3_1_a_token_must_name_the_certificate_that_was_shown() -> None:
    check_binding(CLAIMS, "abc")
    check_binding({}, None)
    for claims, thumbprint in ((CLAIMS, "other"), ({}, "abc"), ({"cnf": {}}, "abc"), (CLAIMS, None)):
        with pytest.raises(Failed):
            check_binding(claims, thumbprint)


def test_rfc9449_6_1_a_token_must_name_the_key_that_signed_the_proof() -> None:
    claims = {"cnf": {"jkt": "abc"}}
    check_binding(claims, None, "abc")
    for claimed, jkt in (
        (claims, "other"),
        ({}, "abc"),
        (claims, None),
        ({"cnf": {"jkt": "abc", "x5t#S256": "d"}}, "abc"),
    ):
        with pytest.raises(Failed):
            check_binding(claimed, None, jkt)


ID_TOKEN = {"iss": "https://op.example/", "aud": "app", "nonce": "n", "sub": "u", "exp": int(time.time()) + 86_400}


@pytest.mark.parametrize("changed", [{"iss": "https://other.example/"}, {"aud": "b"}, {"nonce": "m"}, {"exp": 1}])
def test_oidcc_core_3_1_3_7_an_id_token_for_anybody_else_fails_the_demo(changed: dict[str, Any]) -> None:
    door: Any = SimpleNamespace(
        jwks=lambda: [dict(jwk) for jwk in JWKS],
        issuer="https://op.example/",
        identity=SimpleNamespace(client_id="app"),
    )
    signer = Signer("k1", "ES256", KEY)
    assert checked(door, signer.sign(msgspec.json.encode(ID_TOKEN)), "n", "u")[1] == ID_TOKEN
    with pytest.raises(Failed):
        checked(door, signer.sign(msgspec.json.encode({**ID_TOKEN, **changed})), "n", "u")


def test_jarm_2_4_an_answer_for_anybody_else_fails_the_demo() -> None:
    door: Any = SimpleNamespace(
        jwks=lambda: [dict(jwk) for jwk in JWKS],
        issuer="https://op.example/",
        identity=SimpleNamespace(client_id="app"),
    )
    said = {**ID_TOKEN, "code": "c", "state": "s"}
    response = Signer("k1", "ES256", KEY).sign(msgspec.json.encode(said))
    assert _believed(door, {"response": response}, "s")["code"] == "c"
    for answer, state in (
        ({"response": response}, "t"),
        ({"response": response, "code": "d"}, "s"),
        ({"code": "c"}, "s"),
    ):
        with pytest.raises(Failed):
            _believed(door, answer, state)


def test_the_form_with_the_button_is_filled_in() -> None:
    page = """<form action="/a"><input name="q"></form>
    <form method="post" action="/b"><input name="t" value="1"><button id="go" name="action" value="go"></button></form>
    <form action="/c"><input name="z"><button id="other"></button></form>"""
    form = _Form(page, "go")
    assert (form.action, form.fields) == ("/b", {"t": "1", "action": "go"})
    assert not _Form(page, "none").found


def test_rfc8252_7_3_the_answer_comes_to_a_listener_on_any_port() -> None:
    with Listener() as listener, httpx.Client(trust_env=False) as http:
        assert http.get(listener.redirect_uri.replace("/callback", "/favicon.ico")).status_code == 404
        assert listener.answer == {}
        assert http.get(f"{listener.redirect_uri}?code=c&state=s").status_code == 200
        assert listener.answer == {"code": "c", "state": "s"}


def test_a_page_without_the_button_fails_the_demo() -> None:
    page = httpx.Response(400, html="<p>", request=httpx.Request("GET", "https://op.example/authorize"))
    with pytest.raises(Failed, match="/authorize has no button sign-in"):
        Browser.press(SimpleNamespace(), page, "sign-in")  # type: ignore[arg-type]  # it does not get as far as to send
