"""What an access token says, in each dialect, and what may be asked of the grant (RFC 6749 4.4, RFC 9068)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tallystick.jose.jwt import parse, verify
from tallystick.jose.keys import public_key_from_jwk
from tests.application import decoded
from tests.inprocess import Answered, InProcess


def token_for(house: InProcess, client: dict[str, Any], audience: str, **form: Any) -> Answered:
    return house.token(client_id=client["client_id"], client_secret=client["client_secret"], audience=audience, **form)


def issued(
    house: InProcess, form: dict[str, Any] | None = None, **fields: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a token for a fresh API with these fields."""
    api = house.api(**fields)
    client = house.client(api["identifier"])
    answer = token_for(house, client, api["identifier"], **(form or {}))
    assert answer.status == 200, answer
    return decoded(answer.json()["access_token"])


def test_auth0_dialect(house: InProcess) -> None:
    api = house.api()
    client = house.client(api["identifier"])
    header, claims = decoded(token_for(house, client, api["identifier"]).json()["access_token"])
    now_s = house.clock.now_ms() // 1000
    assert header["typ"] == "JWT"
    assert claims == {
        "iss": house.issuer,
        "sub": f"{client['client_id']}@clients",
        "aud": api["identifier"],
        "iat": now_s,
        "exp": now_s + 86_400,
        "azp": client["client_id"],
        "scope": "read write",
        "gty": "client-credentials",
    }


def test_rfc9068_dialect(house: InProcess) -> None:
    header, claims = issued(house, token_dialect="rfc9068_profile")
    assert header["typ"] == "at+jwt"  # RFC 9068 2.1
    assert {"iss", "exp", "aud", "sub", "client_id", "iat", "jti"} <= set(claims)  # RFC 9068 2.2
    assert not {"azp", "gty", "permissions"} & set(claims)


@pytest.mark.parametrize("dialect", ["access_token_authz", "rfc9068_profile_authz"])
def test_permissions_where_the_dialect_has_them(house: InProcess, dialect: str) -> None:
    assert issued(house, token_dialect=dialect, enforce_policies=True)[1]["permissions"] == ["read", "write"]


def test_no_permissions_in_the_plain_dialects(house: InProcess) -> None:
    assert "permissions" not in issued(house, enforce_policies=True)[1]


def test_two_rfc9068_tokens_have_different_ids(house: InProcess) -> None:
    api = house.api(token_dialect="rfc9068_profile")
    client = house.client(api["identifier"])
    ids = {decoded(token_for(house, client, api["identifier"]).json()["access_token"])[1]["jti"] for _ in range(3)}
    assert len(ids) == 3


@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256", "Ed25519"])
def test_signing_algorithm_per_resource_server(house: InProcess, alg: str) -> None:
    api = house.api(signing_alg=alg)
    client = house.client(api["identifier"])
    jwt = parse(token_for(house, client, api["identifier"]).json()["access_token"])
    keys = {key["kid"]: key for key in house.request("GET", "/.well-known/jwks.json").json()["keys"]}
    key = public_key_from_jwk(
        {name: keys[jwt.kid or ""][name] for name in ("kty", "n", "e", "crv", "x", "y") if name in keys[jwt.kid or ""]}
    )
    assert verify(jwt, key, alg).members["iss"] == house.issuer


def test_lifetime_per_resource_server(house: InProcess) -> None:
    _, claims = issued(house, token_lifetime=60)
    assert claims["exp"] - claims["iat"] == 60


def test_scope_can_be_narrowed(house: InProcess) -> None:
    assert issued(house, {"scope": "write"})[1]["scope"] == "write"


def test_answer_says_what_was_granted(house: InProcess) -> None:
    api = house.api()
    body = token_for(house, house.client(api["identifier"]), api["identifier"], scope="read").json()
    assert {name: body[name] for name in ("token_type", "expires_in", "scope")} == {
        "token_type": "Bearer",
        "expires_in": 86_400,
        "scope": "read",
    }
    assert "refresh_token" not in body  # RFC 6749 4.4.3


def test_a_grant_of_no_scopes_gives_a_token_without_scope(house: InProcess) -> None:
    api = house.api()
    client = house.client(api["identifier"], scope=[])
    assert "scope" not in decoded(token_for(house, client, api["identifier"]).json()["access_token"])[1]


@pytest.mark.parametrize("scope", ["admin", "read admin", "READ", "read  write", " read", "read\n", 're"ad'])
def test_scope_beyond_the_grant_is_refused_not_dropped(house: InProcess, scope: str) -> None:
    api = house.api()
    answer = token_for(house, house.client(api["identifier"], scope=["read"]), api["identifier"], scope=scope)
    assert (answer.status, answer.json()["error"]) == (400, "invalid_scope")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": None}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "CLIENT_CREDENTIALS"}, "unsupported_grant_type"),
        ({"audience": None}, "invalid_request"),
        ({"audience": "https://unknown.example/"}, "invalid_target"),
        ({"audience": "https://api.example"}, "invalid_target"),
        ({"audience": "https://other.example/"}, "invalid_target"),
        ({"organization": "org_1"}, "invalid_request"),
    ],
)
def test_what_is_not_to_be_had(house: InProcess, form: dict[str, Any], error: str) -> None:
    house.api("https://other.example/")
    api = house.api()
    client = house.client(api["identifier"])
    answer = token_for(house, client, **{"audience": api["identifier"], **form})
    assert (answer.status, answer.json()["error"]) == (400, error)


def test_unauthorized_client_without_the_grant_type(house: InProcess) -> None:
    api = house.api()
    client = house.client(api["identifier"], grant_types=["authorization_code"])
    assert token_for(house, client, api["identifier"]).json()["error"] == "unauthorized_client"


def test_default_audience_of_the_tenant(house: InProcess) -> None:
    api = house.api()
    house.ask("PATCH", "tenants/settings", {"default_audience": api["identifier"]})
    client = house.client(api["identifier"])
    assert house.token(client_id=client["client_id"], client_secret=client["client_secret"]).status == 200


def test_resource_names_the_api_where_the_tenant_says_so(house: InProcess) -> None:
    api = house.api()
    client = house.client(api["identifier"])
    form = {"client_id": client["client_id"], "client_secret": client["client_secret"], "resource": api["identifier"]}
    assert house.token(**form).json()["error"] == "invalid_request"
    house.ask("PATCH", "tenants/settings", {"resource_parameter_profile": "compatibility"})
    assert house.token(**form).status == 200


def test_removing_a_scope_from_the_api_takes_it_from_every_grant(house: InProcess) -> None:
    api = house.api()
    client = house.client(api["identifier"])
    house.ask("PATCH", f"resource-servers/{api['id']}", {"scopes": [{"value": "read"}]})
    assert token_for(house, client, api["identifier"]).json()["scope"] == "read"


def test_json_bodies_are_taken_and_null_is_absent(house: InProcess) -> None:
    management = {**house.bootstrap["management"], "grant_type": "client_credentials", "organization": None}
    answer = house.request(
        "POST", "/oauth/token", msgspec.json.encode(management), {b"content-type": b"application/json"}
    )
    assert answer.status == 200, answer


def test_the_management_audience_by_another_host_of_the_tenant(house: InProcess) -> None:
    management = {**house.bootstrap["management"], "audience": "https://127.0.0.1:8443/api/v2/"}
    answer = house.token(**management)
    assert decoded(answer.json()["access_token"])[1]["aud"] == f"{house.issuer}api/v2/"
