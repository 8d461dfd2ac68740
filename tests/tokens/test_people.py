"""Access tokens in people's names: for whom, with which scopes and permissions, for how long (auth0.md 6.2, 3.7)."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.users.role import UserPermission
from tests.application import decoded
from tests.inprocess import InProcess
from tests.tokens.allowed import PUBLIC, Allowed, allowed

API = "https://api.example/"
CERTIFICATE = (b"certificate",)


def access_token_of(app: Allowed, scope: list[str], **fields: Any) -> dict[str, Any]:
    return decoded(app.tokens(scope, audience=API, **fields)["access_token"])[1]


def test_auth0_dialect(house: InProcess) -> None:
    app = allowed(house)
    house.api(API)
    claims = access_token_of(app, ["openid", "read", "unknown"])
    now_s = house.clock.now_ms() // 1000
    (family,) = app.families()
    assert claims == {
        "iss": house.issuer,
        "sub": app.user.user_id,
        "aud": [API, house.issuer + "userinfo"],
        "iat": now_s,
        "exp": now_s + 86_400,
        "azp": app.client_id,
        "scope": "openid read",
        "auth_time": now_s,
        "amr": ["pwd"],
        "grant_id": family.id,
    }


def test_rfc9068_dialect_and_one_audience_without_openid(house: InProcess) -> None:
    app = allowed(house)
    house.api(API, token_dialect="rfc9068_profile")
    claims = access_token_of(app, ["read"])
    assert {"client_id", "jti", "grant_id"} <= set(claims)
    assert claims["aud"] == API


def test_gty_names_a_refresh(house: InProcess) -> None:
    app = allowed(house)
    house.api(API, allow_offline_access=True)
    token = app.tokens(["offline_access", "read"], audience=API)["refresh_token"]
    assert decoded(app.refresh(token).json()["access_token"])[1]["gty"] == "refresh_token"


def test_pages_get_short_lived_tokens(house: InProcess) -> None:
    app = allowed(house, **PUBLIC)
    house.api(API, token_lifetime_for_web=600)
    claims = access_token_of(app, ["read"])
    assert claims["exp"] - claims["iat"] == 600


def permitted(app: Allowed, audience: str, *permissions: str) -> None:
    """What an administrator gave the person at an API."""
    house = app.house
    whose: dict[str, Any] = {"tenant_id": house.tenant.tenant_id, "user_id": app.user.user_id, "created_at_ms": 0}
    rows = [UserPermission(**whose, audience=audience, permission=name) for name in permissions]
    house.run(house.worker.storage.write(saves=rows))


@pytest.mark.parametrize(("dialect", "has"), [("access_token", False), ("rfc9068_profile_authz", True)])
def test_an_api_that_enforces_policies_gives_what_the_person_may_do(house: InProcess, dialect: str, has: bool) -> None:
    app = allowed(house)
    house.api(API, enforce_policies=True, token_dialect=dialect)
    permitted(app, API, "write", "gone")
    claims = access_token_of(app, ["openid", "read", "write"])
    assert claims["scope"] == "openid write"
    assert claims.get("permissions") == (["write"] if has else None)
    claims = access_token_of(app, ["read"])
    assert "scope" not in claims
    assert claims.get("permissions") == (["write"] if has else None)


def test_nobody_becomes_an_administrator_by_asking(house: InProcess) -> None:
    """The Management API's scopes are a person's only where an administrator gave them."""
    app, audience = allowed(house), house.issuer + "api/v2/"
    token = app.tokens(["openid", "read:clients", "create:clients"], audience=audience)["access_token"]
    assert decoded(token)[1]["scope"] == "openid"
    assert house.call("GET", "clients", token=token).status == 403
    permitted(app, audience, "read:clients")
    token = app.tokens(["openid", "read:clients", "create:clients"], audience=audience)["access_token"]
    assert house.call("GET", "clients", token=token).status == 200
    assert house.call("POST", "clients", {"name": "x"}, token=token).status == 403
    # And what was withdrawn opens nothing there either.
    assert app.revoke(token).status == 200
    assert house.call("GET", "clients", token=token).status == 401


@pytest.mark.parametrize(
    ("proof", "client_requires", "bound"),
    [
        (None, False, False),
        ({"mechanism": "mtls", "required": False}, False, True),
        ({"mechanism": "mtls", "required": True}, True, True),
    ],
)
def test_a_certificate_binds_where_the_api_takes_it(
    house: InProcess, proof: dict[str, Any] | None, client_requires: bool, bound: bool
) -> None:
    app = allowed(house, require_proof_of_possession=client_requires)
    house.api(API, proof_of_possession=proof)
    body = app.redeem(app.code(["read"], audience=API), CERTIFICATE).json()
    assert ("cnf" in decoded(body["access_token"])[1]) is bound
    assert body["token_type"] == "Bearer"


@pytest.mark.parametrize("with_api", [True, False])
def test_ensure_holder_of_key_required_and_the_code_goes_on(house: InProcess, with_api: bool) -> None:
    app = allowed(house, require_proof_of_possession=True)
    house.api(API, proof_of_possession={"mechanism": "mtls", "required": True})
    code = app.code(["openid"], audience=API if with_api else None)
    answer = app.redeem(code)
    assert (answer.status, answer.json()["error"]) == (400, "invalid_request")
    assert app.redeem(code, CERTIFICATE).status == 200
