"""F45: every kind of JWT that goes about here, genuine and fresh, at every door that opens for one kind alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from tallystick.logout.logout_token import TYP, logout_token_claims
from tallystick.sdk.dpop import DpopKey
from tests.application import JWT_BEARER, decoded
from tests.authorization.asking import VERIFIER, application, asking, redeemed
from tests.authorization.pushing import PKCE, post
from tests.authorization.request_objects.signing import LEFT_OUT, Signing, by_key, with_key
from tests.forge import Key
from tests.inprocess import FORM, Answered, InProcess
from tests.people import person, signed_in


def signing_all(house: InProcess) -> Signing:
    """An application that proves itself by one key and signs its requests with another: one for both is refused."""
    key, own_key = Key("ES256", "signs-the-requests"), Key("ES256", "proves-the-client")
    fields = {"userinfo_signed_response_alg": "ES256", **with_key(key), **by_key(own_key)}
    client = application(house, **fields)
    return Signing(house, client, signed_in(house, person(house, "jane@example.org")), key, own_key)


def assertion(app: Signing, key: Key | None = None, **header: Any) -> str:
    dates: dict[str, Any] = {"iat": app.now_s, "exp": app.now_s + 60}
    key = key or app.own_key
    assert key is not None
    return key.assertion(app.client["client_id"], app.house.issuer, header, **dates)


def proof(app: Signing, key: Key) -> str:
    return DpopKey(key.private, "ES256").proof("POST", app.house.issuer + "oauth/par", now_ms=app.house.clock.now_ms())


def signed_by_us(app: Signing, claims: dict[str, Any], typ: str) -> str:
    house = app.house
    signer = house.run(house.worker.ring.signer(house.tenant.tenant_id, "RS256"))
    return signer.sign(msgspec.json.encode(claims), typ)


def logout_token(app: Signing) -> str:
    claims = logout_token_claims(
        issuer=app.house.issuer,
        client_id=app.client["client_id"],
        subject="auth0|x",
        session_id="s",
        jti="j",
        now_ms=app.house.clock.now_ms(),
    )
    return signed_by_us(app, claims, TYP)


def introspected(app: Signing, token: str) -> str:
    """RFC 9701."""
    accept = {b"accept": b"application/token-introspection+jwt"}
    return _form(app.house, "/oauth/introspect", {"token": token, **app._proof()}, accept).text


def status_list(app: Signing) -> str:
    return app.house.request("GET", "/oauth/status-lists/0").text


def kinds_of(app: Signing, key: Key) -> dict[str, Callable[[], str]]:
    """One fresh one of each kind; what the application signs, with the key that the door knows."""
    house = app.house

    def tokens() -> dict[str, Any]:
        shown = {"client_assertion_type": JWT_BEARER, "client_assertion": assertion(app)}
        return redeemed(app, app.code(**PKCE), code_verifier=VERIFIER, **shown)

    def userinfo() -> str:
        headers = {b"authorization": f"Bearer {tokens()['access_token']}".encode()}
        return house.request("GET", "/userinfo", headers=headers).text

    return {
        "client assertion": lambda: assertion(app, key),
        "client assertion with its type": lambda: assertion(app, key, typ="client-authentication+jwt"),
        "request object": lambda: app.object(key=key),
        "request object without a type": lambda: app.object({"typ": LEFT_OUT}, key),
        "DPoP proof": lambda: proof(app, key),
        "ID token": lambda: str(tokens()["id_token"]),
        "access token": lambda: str(tokens()["access_token"]),
        "management token": lambda: str(house.token(**house.bootstrap["management"]).json()["access_token"]),
        "signed authorization response": lambda: app.ask(response_mode="jwt", **PKCE).answer["response"],
        "signed userinfo": userinfo,
        "logout token": lambda: logout_token(app),
        "signed introspection": lambda: introspected(app, str(tokens()["access_token"])),
        "status list": lambda: status_list(app),
    }


def _form(house: InProcess, path: str, form: dict[str, Any], headers: dict[bytes, bytes] | None = None) -> Answered:
    return house.request("POST", path, urlencode(form).encode(), {b"content-type": FORM, **(headers or {})})


def _proves(app: Signing, text: str, path: str, **form: Any) -> bool:
    shown = {"client_assertion_type": JWT_BEARER, "client_assertion": text}
    return _form(app.house, path, {**form, **shown}).status < 300


def _bears(app: Signing, text: str, path: str) -> bool:
    return app.house.request("GET", path, headers={b"authorization": f"Bearer {text}".encode()}).status == 200


def _grants(app: Signing, text: str, grant_type: str, name: str) -> bool:
    shown = {"client_assertion_type": JWT_BEARER, "client_assertion": assertion(app)}
    return _form(app.house, "/oauth/token", {"grant_type": grant_type, name: text, **shown}).status == 200


def _takes(app: Signing, text: str, **form: Any) -> bool:
    """Whether a push with this is taken, by an application that proves itself as it should."""
    return post(app, {"client_id": app.client["client_id"], **form, **app._proof()}).status == 201


def _binds(app: Signing, text: str) -> bool:
    form = {**app.parameters(), **PKCE, **app._proof()}
    return post(app, form, {b"dpop": text.encode()}).status == 201


def _is_active(app: Signing, text: str) -> bool:
    """At the application that the application's own tokens were issued to."""
    return bool(_form(app.house, "/oauth/introspect", {"token": text, **app._proof()}).json()["active"])


ASSERTIONS = {"client assertion", "client assertion with its type"}
REQUESTS = {"request object", "request object without a type"}
DOORS: dict[str, tuple[Callable[[Signing, str], bool], set[str]]] = {
    # what is sent there → whether it opens, and for which kinds it may
    "client_assertion at PAR": (
        lambda app, text: _proves(app, text, "/oauth/par", **{**app.parameters(client_id=None), **PKCE}),
        ASSERTIONS,
    ),
    "client_assertion at revocation": (lambda app, text: _proves(app, text, "/oauth/revoke", token="x"), ASSERTIONS),
    "request at /authorize": (lambda app, text: "code=" in app.carry(text).location, REQUESTS),
    "request at PAR": (lambda app, text: _takes(app, text, request=text), REQUESTS),
    "id_token_hint at /authorize": (
        lambda app, text: "code=" in app.ask(prompt="none", id_token_hint=text, **PKCE).location,
        {"ID token"},
    ),
    "id_token_hint at PAR": (
        lambda app, text: _takes(app, text, **{**app.parameters(id_token_hint=text), **PKCE}),
        {"ID token"},
    ),
    "id_token_hint at logout": (
        lambda app, text: app.browser.get("/oidc/logout?" + urlencode({"id_token_hint": text})).status == 200,
        {"ID token"},
    ),
    "DPoP at PAR": (_binds, {"DPoP proof"}),
    "token at introspection": (_is_active, {"access token"}),
    "bearer at /userinfo": (lambda app, text: _bears(app, text, "/userinfo"), {"access token"}),
    "bearer at the Management API": (lambda app, text: _bears(app, text, "/api/v2/clients"), {"management token"}),
    "refresh_token": (lambda app, text: _grants(app, text, "refresh_token", "refresh_token"), set()),
    "code": (lambda app, text: _grants(app, text, "authorization_code", "code"), set()),
}


@pytest.mark.parametrize("door", DOORS)
def test_f45_every_door_opens_for_its_own_kind_alone(house: InProcess, door: str) -> None:
    opens, kinds = DOORS[door]
    app = signing_all(house)
    key = app.own_key if kinds is ASSERTIONS else app.key
    assert key is not None
    fresh = {kind: made() for kind, made in kinds_of(app, key).items()}
    typs = {kind: decoded(fresh[kind])[0]["typ"] for kind in ("signed introspection", "status list", "DPoP proof")}
    assert list(typs.values()) == ["token-introspection+jwt", "statuslist+jwt", "dpop+jwt"]
    assert {kind for kind, text in fresh.items() if opens(app, text)} == kinds


@pytest.mark.parametrize("claims", [{"sub": "{client_id}"}, {"sub": "{client_id}", "jti": "j" * 16}])
def test_f45_a_request_that_could_pass_for_an_assertion_is_no_request(house: InProcess, claims: dict[str, str]) -> None:
    """RFC 9101 4: with ``sub`` it might prove the client to whoever looks at no type."""
    app = signing_all(house)
    named: dict[str, Any] = {name: value.format(client_id=app.client["client_id"]) for name, value in claims.items()}
    for header in ({}, {"typ": LEFT_OUT}):
        assert not DOORS["request at PAR"][0](app, app.object(header, **named))
        assert not DOORS["request at /authorize"][0](app, app.object(header, **named))


def test_f45_a_good_hint_of_another_application_is_none(house: InProcess) -> None:
    app = signing_all(house)
    other = asking(house, app.browser)
    hint = other.tokens(nonce="n")["id_token"]
    assert not DOORS["id_token_hint at /authorize"][0](app, hint)


TYPS = {
    *("at+jwt", "application/at+jwt", "oauth-authz-req+jwt", "client-authentication+jwt", "dpop+jwt", "logout+jwt"),
    *("token-introspection+jwt", "statuslist+jwt", "secevent+jwt", "JWT+at", "", "x"),
}


def test_f45_good_claims_under_another_type_open_nothing(house: InProcess) -> None:
    """CVE-2026-11800 and its kin: where the type alone tells the kinds apart, it is looked at."""
    app = signing_all(house)
    made = kinds_of(app, app.key)
    token, management, hint = made["access token"](), made["management token"](), made["ID token"]()
    for typ in TYPS - {"client-authentication+jwt"}:
        assert not DOORS["client_assertion at PAR"][0](app, assertion(app, typ=typ)), typ
    for typ in TYPS - {"oauth-authz-req+jwt"}:
        assert not DOORS["request at PAR"][0](app, app.object({"typ": typ})), typ
    for door, text, own in (
        ("bearer at /userinfo", token, "at+jwt"),
        ("bearer at the Management API", management, "at+jwt"),
        ("id_token_hint at PAR", hint, "JWT"),
    ):
        claims = decoded(text)[1]
        assert DOORS[door][0](app, signed_by_us(app, claims, own))
        for typ in TYPS - {own, f"application/{own}"}:
            assert not DOORS[door][0](app, signed_by_us(app, claims, typ)), (door, typ)
