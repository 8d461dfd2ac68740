"""`/oauth/revoke` (RFC 7009, auth0.md 1.8)."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
import pytest

from tallystick.jose import base64url
from tallystick.tokens.revoked_token import RevokedToken
from tallystick.users.consent import Consent
from tests.application import now_ms
from tests.endpoints.introspecting import application, token_of
from tests.inprocess import FORM, JSON, InProcess, in_process
from tests.tokens.allowed import PUBLIC, ROTATING, Allowed, allowed
from tests.tokens.status_reader import status_of

OFFLINE = ["openid", "offline_access"]
API = "https://api.example/"
DOMAIN = b"id.acme.example"


def is_alive(app: Allowed, token: str) -> bool:
    return app.refresh(token).status == 200


@pytest.mark.parametrize("fields", [{}, PUBLIC, {"refresh_token": ROTATING}], ids=["secret", "public", "rotating"])
def test_a_refresh_token_takes_its_family_along(house: InProcess, fields: dict[str, Any]) -> None:
    app = allowed(house, **fields)
    body = app.tokens(OFFLINE)
    answer = app.revoke(body["refresh_token"], token_type_hint="access_token")
    assert (answer.status, answer.content) == (200, b"")
    row = house.ask("GET", "logs")[0]
    assert (row["type"], row["client_id"]) == ("srrt", app.client_id)
    assert not is_alive(app, body["refresh_token"])
    assert app.userinfo(body["access_token"]).status == 401


def test_a_replaced_token_takes_the_living_one_along(house: InProcess) -> None:
    app = allowed(house, refresh_token=ROTATING)
    first = app.tokens(OFFLINE)["refresh_token"]
    second = app.refresh(first).json()["refresh_token"]
    assert app.revoke(first).status == 200
    assert not is_alive(app, second)


def test_json_as_auth0s_sdks_send_it(house: InProcess) -> None:
    app = allowed(house)
    token = app.tokens(OFFLINE)["refresh_token"]
    body = msgspec.json.encode({**app.proof, "token": token})
    assert house.request("POST", "/oauth/revoke", body, {b"content-type": JSON}).status == 200
    assert not is_alive(app, token)


@pytest.mark.parametrize("token", ["x", "A" * 83, "v1." + "A" * 83, "a.b.c", "ü"])
def test_what_is_unknown_is_revoked_already(house: InProcess, token: str) -> None:
    app = allowed(house)
    assert app.revoke(token).status == 200


def test_a_changed_token_revokes_nothing(house: InProcess) -> None:
    """Its id is in access tokens, which strangers see."""
    app = allowed(house)
    token = app.tokens(OFFLINE)["refresh_token"]
    for changed in (token[:-4] + "AAAA", f"v1.{token}", token[:32] + "A" * 51):
        assert app.revoke(changed).status == 200
    assert is_alive(app, token)


def test_twice_is_fine_and_tells_once(house: InProcess) -> None:
    app = allowed(house)
    token = app.tokens(OFFLINE)["refresh_token"]
    assert [app.revoke(token).status for _ in range(2)] == [200, 200]
    assert [row["type"] for row in house.ask("GET", "logs")].count("srrt") == 1


def test_another_clients_token_is_refused_and_lives_on(house: InProcess) -> None:
    """RFC 7009 2.1."""
    app = allowed(house)
    stranger = allowed(house, app.user, **PUBLIC)
    body = app.tokens(OFFLINE)
    for token in (body["refresh_token"], body["access_token"]):
        answer = stranger.revoke(token)
        assert (answer.status, answer.json()["error"]) == (400, "invalid_grant")
        assert house.ask("GET", "logs")[0]["details"]["check"] == "revoke.client"
    assert is_alive(app, body["refresh_token"])


def test_an_access_token_in_a_persons_name_takes_its_family_along(house: InProcess) -> None:
    app = allowed(house)
    body = app.tokens(OFFLINE)
    assert app.revoke(body["access_token"]).status == 200
    assert app.userinfo(body["access_token"]).status == 401
    assert not is_alive(app, body["refresh_token"])


@pytest.fixture
def manager(house: InProcess) -> tuple[Allowed, dict[str, Any]]:
    """An application that may call the Management API, and what it proves itself with."""
    audience = house.issuer + "api/v2/"
    client = house.client(audience, ["read:clients", "update:clients"])
    app = allowed(house)
    return Allowed(house=house, client=client, user=app.user, session=app.session), {
        "client_id": client["client_id"],
        "client_secret": client["client_secret"],
        "audience": audience,
    }


def test_an_applications_own_access_token_is_over(house: InProcess, manager: tuple[Allowed, dict[str, Any]]) -> None:
    """RFC 7009 2.1: this token, and no other one."""
    app, proof = manager
    token, other = (house.token(**proof).json()["access_token"] for _ in range(2))
    house.clock.advance(1)
    later = house.token(**proof).json()["access_token"]
    assert house.call("GET", "clients", token=token).status == 200
    answer = app.revoke(token, token_type_hint="refresh_token")
    assert (answer.status, answer.content) == (200, b"")
    row = house.ask("GET", "logs")[0]
    assert (row["type"], row["client_id"], row["details"]["form"]) == ("access_token_revoked", app.client_id, "jwt")
    refused = house.call("GET", "clients", token=token)
    assert (refused.status, refused.json()["error"]) == (401, "Unauthorized")
    assert house.ask("GET", "logs")[0]["details"]["check"] == "token.revoked"
    # Two tokens of one second are one text in Auth0's dialect, which has no jti.
    assert [house.call("GET", "clients", token=one).status for one in (other, later)] == [401, 200]
    assert [app.revoke(token).status for _ in range(2)] == [200, 200]
    assert [row["type"] for row in house.ask("GET", "logs")].count("access_token_revoked") == 1


def test_a_revoked_jwt_is_kept_until_it_would_have_ended(
    house: InProcess, manager: tuple[Allowed, dict[str, Any]]
) -> None:
    app, proof = manager
    token, storage = house.token(**proof).json()["access_token"], house.worker.storage
    app.revoke(token)
    house.clock.advance(86_399)
    house.run(storage.forget(house.clock.now_ms()))
    assert house.call("GET", "clients", token=token).status == 401
    assert house.run(storage.count(RevokedToken, house.tenant.tenant_id)) == 1
    house.clock.advance(1)
    house.run(storage.forget(house.clock.now_ms()))
    assert house.run(storage.count(RevokedToken, house.tenant.tenant_id)) == 0


def test_a_rewritten_signature_revokes_the_same_token(house: InProcess) -> None:
    """Of ES256, s and n - s both hold: whoever holds a revoked token must not make a living one of it."""
    house.ask("PATCH", "resource-servers/" + quote(house.issuer + "api/v2/", safe=""), {"signing_alg": "ES256"})
    audience = house.issuer + "api/v2/"
    client = house.client(audience, ["read:clients"])
    app = allowed(house)
    app = Allowed(house=house, client=client, user=app.user, session=app.session)
    token = house.token(**app.proof, audience=audience).json()["access_token"]
    body, _, signature = token.rpartition(".")
    raw = base64url.decode(signature)
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    rewritten = raw[:32] + (order - int.from_bytes(raw[32:], "big")).to_bytes(32, "big")
    twin = f"{body}.{base64url.encode(rewritten)}"
    assert [house.call("GET", "clients", token=one).status for one in (token, twin)] == [200, 200]
    app.revoke(token)
    assert [house.call("GET", "clients", token=one).status for one in (token, twin)] == [401, 401]


def test_a_revoked_jwt_is_in_the_list_and_its_neighbours_are_not(house: InProcess) -> None:
    house.api(API, token_status_list=True)
    client = house.client(API)
    app = allowed(house)
    app = Allowed(house=house, client=client, user=app.user, session=app.session)
    tokens = [house.token(**app.proof, audience=API).json()["access_token"] for _ in range(3)]
    assert [status_of(house, token) for token in tokens] == [0, 0, 0]
    assert app.revoke(tokens[1]).status == 200
    house.clock.advance(1)
    assert [status_of(house, token) for token in tokens] == [0, 1, 0]


@pytest.mark.parametrize("dialect", ["access_token", "opaque"])
def test_a_token_of_a_custom_domain_that_is_gone_stays_revoked_when_it_is_back(tmp_path: Path, dialect: str) -> None:
    """Nobody may be told that a token is over which only its issuer's absence hides."""
    with in_process(tmp_path / "data", now_ms(), custom_domain_verification="none") as house:
        house.api(API, token_dialect=dialect)
        app, domain = application(house), begin_domain(house)
        token = token_of(app, host=DOMAIN)
        assert app.told(token)["active"]
        house.ask("DELETE", f"custom-domains/{domain}")
        assert not app.told(token)["active"]
        form = {"client_id": app.client_id, "client_secret": app.client["client_secret"], "token": token}
        assert house.request("POST", "/oauth/revoke", urlencode(form).encode(), {b"content-type": FORM}).status == 200
        begin_domain(house)
        assert not app.told(token)["active"]


def begin_domain(house: InProcess) -> str:
    """Its id."""
    made = house.made("POST", "custom-domains", {"domain": DOMAIN.decode(), "type": "self_managed_certs"})
    house.made("POST", f"custom-domains/{made['custom_domain_id']}/verify", {})
    return str(made["custom_domain_id"])


def test_another_clients_own_access_token_is_refused(house: InProcess, manager: tuple[Allowed, dict[str, Any]]) -> None:
    app, proof = manager
    token = house.token(**proof).json()["access_token"]
    answer = allowed(house, app.user).revoke(token)
    assert (answer.status, answer.json()["error"]) == (400, "invalid_grant")
    assert house.call("GET", "clients", token=token).status == 200


def test_an_id_token_revokes_nothing(house: InProcess) -> None:
    app = allowed(house)
    body = app.tokens(OFFLINE)
    assert app.revoke(body["id_token"]).status == 200
    assert is_alive(app, body["refresh_token"])


def test_who_does_not_prove_who_they_are_revokes_nothing(house: InProcess) -> None:
    app = allowed(house)
    token = app.tokens(OFFLINE)["refresh_token"]
    for form in ({"client_secret": "wrong"}, {"client_secret": None}):
        answer = app.revoke(token, **form)
        assert (answer.status, answer.json()["error"]) == (401, "invalid_client")
    assert is_alive(app, token)
    assert app.revoke("").json()["error"] == "invalid_request"
    answer = house.request("GET", "/oauth/revoke", b"", {b"content-type": FORM})
    assert (answer.status, answer.headers["allow"]) == (405, "POST")


def test_the_flag_takes_the_grant_and_all_that_came_of_it(house: InProcess) -> None:
    """auth0.md 1.8, ``revoke_refresh_token_grant``: the consent, and every family of person, application and API."""
    app, storage, tenant_id = allowed(house), house.worker.storage, house.tenant.tenant_id
    house.api(API, allow_offline_access=True)
    consents = [
        Consent(
            tenant_id=tenant_id,
            id=f"{number:024x}",
            user_id=app.user.user_id,
            client_id=app.client_id,
            audience=audience,
            scope=["openid"],
            created_at_ms=0,
            updated_at_ms=0,
        )
        for number, audience in enumerate((API, house.issuer + "userinfo"))
    ]
    house.run(storage.write(saves=consents))
    one, two = (app.tokens(OFFLINE, audience=API)["refresh_token"] for _ in range(2))
    other = app.tokens(OFFLINE)["refresh_token"]
    assert app.revoke(one).status == 200
    assert is_alive(app, two)
    house.ask("PATCH", "tenants/settings", {"flags": {"revoke_refresh_token_grant": True}})
    assert app.revoke(two).status == 200
    three = app.tokens(OFFLINE, audience=API)["refresh_token"]
    four = app.tokens(OFFLINE, audience=API)["refresh_token"]
    assert app.revoke(three).status == 200
    assert [is_alive(app, token) for token in (two, four, other)] == [False, False, True]
    assert [row.audience for row in house.run(storage.find(Consent, tenant_id))] == [house.issuer + "userinfo"]
