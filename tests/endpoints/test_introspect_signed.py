"""Introspection answers as JWTs (RFC 9701)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.application import decoded
from tests.authorization.signed_answer import verified
from tests.endpoints.introspecting import API, application, gateway, token_of
from tests.inprocess import JSON, InProcess
from tests.recipient import recipient
from tests.tokens.allowed import allowed
from tests.tokens.test_response_encryption import encrypting, inner

JWT = "application/token-introspection+jwt"


def test_who_says_what_to_whom_and_when(house: InProcess) -> None:
    house.api(API)
    app, api = application(house), gateway(house)
    token = token_of(app)
    answer = api.ask(token, accept=JWT)
    assert (answer.status, answer.headers["content-type"], answer.headers["cache-control"]) == (200, JWT, "no-store")
    header, _ = decoded(answer.text)
    assert header["typ"] == "token-introspection+jwt"
    assert verified(house, answer.text).claims == {
        "iss": house.issuer,
        "aud": api.client_id,
        "iat": house.clock.now_ms() // 1000,
        "token_introspection": api.told(token),
    }


def test_an_inactive_token_is_said_to_be_no_more_than_that(house: InProcess) -> None:
    """RFC 9701 5."""
    house.api(API)
    answer = gateway(house).ask("x", accept=JWT)
    assert verified(house, answer.text).claims["token_introspection"] == {"active": False}


ACCEPT = {
    "": False,
    "*/*": False,
    "application/*": False,
    "application/json": False,
    JWT: True,
    JWT.upper(): True,
    f"{JWT};q=0": False,
    f"{JWT};q=0.5": True,
    f"{JWT};q=2": False,
    f"application/json, {JWT}": True,
    f"application/json;q=0.9, {JWT};q=0.8": False,
    f"application/json;q=0.5,{JWT};q=0.8": True,
    f"{JWT};q=0.3, */*;q=0.1": True,
    f"{JWT};q=0.1, */*;q=0.3": False,
    f"{JWT};q=0.1, application/*;q=0.3": False,
    "application/jwt": False,
    ",;q=,": False,
}


@pytest.mark.parametrize(("accept", "is_jwt"), ACCEPT.items(), ids=[accept or "none" for accept in ACCEPT])
def test_who_asks_for_it_gets_it(house: InProcess, accept: str, is_jwt: bool) -> None:
    house.api(API)
    answer = gateway(house).ask("x", accept=accept)
    assert answer.headers["content-type"] == (JWT if is_jwt else JSON.decode())


@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256", "Ed25519"])
def test_signed_as_the_client_has_it(house: InProcess, alg: str) -> None:
    house.api(API)
    api = gateway(house, introspection_signed_response_alg=alg)
    header, _ = decoded(api.ask("x", accept=JWT).text)
    assert header["alg"] == ("EdDSA" if alg == "Ed25519" else alg)
    assert api.ask("x").content == b'{"active":false}'


def test_signed_as_its_profile_has_it(house: InProcess) -> None:
    """RS256 is the default of RFC 9701 6, and no algorithm of FAPI 2."""
    house.api(API)
    api = gateway(house)
    assert decoded(api.ask("x", accept=JWT).text)[0]["alg"] == "RS256"


def test_encrypted_to_the_client(house: InProcess) -> None:
    house.api(API)
    rp = recipient()
    api = gateway(house, **encrypting(rp, "introspection", enc="A256GCM"))
    header, claims = inner(house, rp, api.ask("x", accept=JWT).text)
    assert (header["enc"], header["cty"]) == ("A256GCM", "JWT")
    assert claims["token_introspection"] == {"active": False}


def test_fields_that_do_not_go_together(house: InProcess) -> None:
    house.api(API)
    bodies: tuple[dict[str, Any], ...] = (
        {"introspection_encrypted_response_enc": "A256GCM"},
        {"introspection_encrypted_response_alg": "ECDH-ES"},
        {"introspection_signed_response_alg": "HS256"},
        {"introspection_signed_response_alg": "none"},
    )
    api = gateway(house)
    for body in bodies:
        assert house.call("PATCH", f"clients/{api.client_id}", body).status == 400, body


def test_an_answer_is_no_token(house: InProcess) -> None:
    """Attack 45: it is signed by the same keys."""
    app = allowed(house)
    house.api(API)
    api = gateway(house)
    answer = api.ask(app.tokens(["read"], audience=API)["access_token"], accept=JWT).text
    claims = verified(house, answer).claims
    assert not {"sub", "exp", "scope", "client_id", "azp"} & claims.keys()
    assert app.userinfo(answer).status == 401
    assert house.call("GET", "clients", token=answer).status == 401
    assert app.refresh(answer).json()["error"] == "invalid_grant"
    assert api.is_blind(answer)
    assert app.revoke(answer).status == 200
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    shown = house.token(client_assertion_type=kind, client_assertion=answer)
    assert shown.json()["error"] == "invalid_client"
    hinted = house.request("GET", f"/oidc/logout?id_token_hint={answer}")
    assert hinted.status == 400
