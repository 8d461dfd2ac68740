"""`/userinfo`: how the token comes, whom it names, what is told (OpenID Connect Core 5.3, RFC 6750 2 and 3)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from msgspec.structs import replace

from tallystick.jose.jwt import parse, verify
from tallystick.jose.keys import public_key_from_jwk
from tests.application import decoded
from tests.inprocess import FORM, Answered, InProcess
from tests.tokens.allowed import Allowed, allowed

API = "https://api.example/"
ALL = {
    "name": "Jane Doe",
    "given_name": "Jane",
    "family_name": "Doe",
    "middle_name": "Q",
    "nickname": "jane",
    "preferred_username": "jane",
    "profile": "https://jane.example/",
    "picture": "https://jane.example/p.png",
    "website": "https://jane.example/w",
    "gender": "female",
    "birthdate": "1970-01-02",
    "zoneinfo": "Europe/Berlin",
    "locale": "de",
    "phone_number": "+49 30 1234",
    "phone_verified": True,
    "address": {"formatted": "Somewhere 1", "country": "DE"},
    "app_metadata": {"internal": True},
    "user_metadata": {"own": True},
}
PROFILE = {name for name in ALL if "phone" not in name and "metadata" not in name and name != "address"}
PROFILE |= {"updated_at"}


def by(house: InProcess, method: str, path: str = "/userinfo", body: str = "", **headers: str) -> Answered:
    sent = {name.replace("_", "-").encode(): value.encode("latin-1") for name, value in headers.items()}
    return house.request(method, path, body.encode(), sent)


def told(app: Allowed, scope: list[str], **fields: Any) -> dict[str, Any]:
    answer = app.userinfo(app.tokens(scope, **fields)["access_token"])
    assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")
    body: dict[str, Any] = answer.json()
    return body


def full(house: InProcess, **fields: Any) -> Allowed:
    """With every standard claim."""
    app = allowed(house, **fields)
    user = replace(app.user, metadata=ALL)
    house.run(house.worker.storage.write(saves=(user,)))
    return app


def test_userinfo_get_post_header_post_body(house: InProcess) -> None:
    app = allowed(house)
    token = app.tokens()["access_token"]
    form = {"content_type": FORM.decode()}
    answers = [
        by(house, "GET", authorization=f"Bearer {token}"),
        by(house, "GET", authorization=f"bEARER {token}"),
        by(house, "POST", authorization=f"Bearer {token}"),
        by(house, "POST", authorization=f"Bearer {token}", **form),
        by(house, "POST", body=urlencode({"access_token": token}), **form),
    ]
    assert {answer.status for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["sub"] == app.user.user_id


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("profile", PROFILE),
        ("email", {"email", "email_verified"}),
        ("address", {"address"}),
        ("phone", {"phone_number", "phone_number_verified"}),
        ("", set[str]()),
    ],
)
def test_scope_claims_with_their_json_types(house: InProcess, scope: str, expected: set[str]) -> None:
    body = told(full(house), ["openid", *scope.split()])
    assert set(body) == expected | {"sub"}
    kinds = {"updated_at": int, "email_verified": bool, "phone_number_verified": bool, "address": dict}
    assert {name: type(value) for name, value in body.items()} == {name: kinds.get(name, str) for name in body}
    assert body.get("updated_at", 0) <= house.clock.now_ms() // 1000


def test_claims_essential(house: InProcess) -> None:
    asked = {
        "userinfo": {"name": {"essential": True}, "unknown": None, "app_metadata": None},
        "id_token": {"email": None},
    }
    assert set(told(full(house), ["openid"], claims=asked)) == {"sub", "name"}


def test_a_narrowed_token_tells_less(house: InProcess) -> None:
    app = full(house)
    body = app.tokens(["openid", "profile", "email", "offline_access"])
    narrow = app.refresh(body["refresh_token"], scope="openid email").json()["access_token"]
    assert set(app.userinfo(narrow).json()) == {"sub", "email", "email_verified"}


@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256", "Ed25519", "EdDSA"])
def test_userinfo_signed(house: InProcess, alg: str) -> None:
    app = allowed(house, userinfo_signed_response_alg=alg)
    answer = app.userinfo(app.tokens(["openid", "email"])["access_token"])
    assert (answer.status, answer.headers["content-type"]) == (200, "application/jwt")
    jwt = parse(answer.content.decode())
    keys = {key["kid"]: key for key in house.request("GET", "/.well-known/jwks.json").json()["keys"]}
    jwk = {name: value for name, value in keys[jwt.kid or ""].items() if name in ("kty", "n", "e", "crv", "x", "y")}
    claims = verify(jwt, public_key_from_jwk(jwk), "Ed25519" if alg == "EdDSA" else alg).members
    assert (claims["iss"], claims["aud"], claims["sub"]) == (house.issuer, app.client_id, app.user.user_id)
    assert claims["email"] == "jane@example.org"


def test_a_token_in_the_query_is_refused_even_if_good(house: InProcess) -> None:
    token = allowed(house).tokens()["access_token"]
    for method in ("GET", "POST"):
        for headers in ({}, {"authorization": f"Bearer {token}"}):
            answer = by(house, method, f"/userinfo?access_token={token}", **headers)
            assert (answer.status, answer.json()["error"]) == (400, "invalid_request")


def test_two_tokens_are_none(house: InProcess) -> None:
    token = allowed(house).tokens()["access_token"]
    body = urlencode({"access_token": token})
    answer = by(house, "POST", body=body, content_type=FORM.decode(), authorization=f"Bearer {token}")
    assert (answer.status, answer.json()["error"]) == (400, "invalid_request")


def test_rfc6750_3_1_no_error_code_without_a_token(house: InProcess) -> None:
    answer = by(house, "GET")
    challenge = answer.headers["www-authenticate"]
    assert (answer.status, "error" in challenge) == (401, False)
    assert challenge.startswith('Bearer realm="userinfo"')
    assert ', DPoP realm="userinfo"' in challenge


@pytest.mark.parametrize("header", ["Basic eDp5", "Bearer", "Bearer ", "Bearer a b", "DPoP", "DPoP a b", "x"])
def test_a_malformed_header(house: InProcess, header: str) -> None:
    answer = by(house, "GET", authorization=header)
    assert answer.status == 400
    assert 'error="invalid_request"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD", "PATCH"])
def test_other_methods(house: InProcess, method: str) -> None:
    assert by(house, method).status == 405


def test_tokens_for_something_else(house: InProcess) -> None:
    """Attack 45: an ID token, a refresh token, an application's own token, one for an API alone, one without openid."""
    app = allowed(house)
    house.api(API)
    own = house.client(API)
    body = app.tokens(["openid", "offline_access"])
    token = house.token(client_id=own["client_id"], client_secret=own["client_secret"], audience=API)
    for other in (
        body["id_token"],
        body["refresh_token"],
        body["access_token"][:-2],
        token.json()["access_token"],
        app.tokens(["read"], audience=API)["access_token"],
    ):
        answer = app.userinfo(other)
        assert (answer.status, answer.json()["error"]) == (401, "invalid_token")
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    answer = app.userinfo(app.tokens(["profile"])["access_token"])
    assert (answer.status, answer.json()["error"]) == (403, "insufficient_scope")


def test_a_token_with_an_api_opens_userinfo_too(house: InProcess) -> None:
    app = allowed(house)
    house.api(API)
    assert app.userinfo(app.tokens(["openid", "read"], audience=API)["access_token"]).status == 200


def test_it_ends_with_its_life(house: InProcess) -> None:
    app = allowed(house)
    token = app.tokens()["access_token"]
    house.clock.advance(86_399)
    assert app.userinfo(token).status == 200
    house.clock.advance(1)
    assert app.userinfo(token).status == 401


def test_a_blocked_person(house: InProcess) -> None:
    app = allowed(house)
    token = app.tokens()["access_token"]
    house.run(house.worker.storage.write(saves=(replace(app.user, blocked=True),)))
    assert app.userinfo(token).status == 401


def test_an_application_that_is_gone(house: InProcess) -> None:
    app = allowed(house)
    token = app.tokens()["access_token"]
    house.ask("DELETE", f"clients/{app.client_id}")
    assert app.userinfo(token).status == 401


def test_a_bound_token_needs_its_certificate(house: InProcess) -> None:
    """Attack 28."""
    app = allowed(house)
    token = app.redeem(app.code(), (b"certificate",)).json()["access_token"]
    assert "cnf" in decoded(token)[1]
    assert app.userinfo(token, (b"certificate",)).status == 200
    assert app.userinfo(token).status == 401
    assert app.userinfo(token, (b"another",)).status == 401


@pytest.mark.parametrize("sent", ["c770aef3-6784-41f7-8e0e-ff5f97bddb3a", "C770AEF3-6784-41F7-8E0E-FF5F97BDDB3A"])
def test_the_id_of_an_interaction_comes_back_as_it_was_sent(house: InProcess, sent: str) -> None:
    """FAPI 1 Baseline 6.2.1, item 11; with a refusal too."""
    token = allowed(house).tokens(["openid"])["access_token"]
    for authorization, status in ((f"Bearer {token}", 200), ("Bearer x", 401)):
        answer = by(house, "GET", authorization=authorization, x_fapi_interaction_id=sent)
        assert (answer.status, answer.headers["x-fapi-interaction-id"]) == (status, sent)


def test_without_a_good_one_an_interaction_gets_an_id(house: InProcess) -> None:
    given = [by(house, "GET", x_fapi_interaction_id=sent).headers["x-fapi-interaction-id"] for sent in ("", "x", "<a>")]
    assert len({str(UUID(one)) for one in given}) == 3
