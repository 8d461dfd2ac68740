"""ID tokens: what is in them, how they are signed, and what never is (OpenID Connect Core 2, 3.1.3.6, 5.4, 5.5)."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256, sha512
from typing import Any

import pytest
from msgspec.structs import replace

from tallystick.app.tokens import issuer_of, response_encryption_of
from tallystick.clients.chosen_algs import AUTHORIZATION, FIELDS, ID_TOKEN, INTROSPECTION, USERINFO
from tallystick.clients.client import Client
from tallystick.clients.directory import RegisteredClient
from tallystick.errors import OAuthError
from tallystick.jose.jwt import parse, verify
from tallystick.jose.keys import public_key_from_jwk
from tallystick.profiles import FAPI1_ADVANCED, OAUTH21, PROFILES, Profile
from tallystick.tokens.client_algs import signing_alg_of
from tallystick.tokens.families import begin
from tallystick.tokens.id_token import HASHES
from tallystick.tokens.person_order import PersonTokenOrder
from tallystick.tokens.person_tokens import PersonTokens
from tallystick.tokens.subject import Subjects
from tallystick.users.permissions import Permissions
from tests.application import decoded
from tests.inprocess import InProcess
from tests.tokens.allowed import Allowed, allowed

FIRST_PARTY = ["name", "nickname", "updated_at", "email", "email_verified"]
ALWAYS = {"iss", "sub", "aud", "iat", "exp", "auth_time", "sid", "amr", "at_hash"}


def id_token_of(app: Allowed, scope: list[str] | None = None, **fields: Any) -> dict[str, Any]:
    return decoded(app.tokens(scope, **fields)["id_token"])[1]


CHOICES: dict[str, Callable[[str], dict[str, Any]]] = {
    ID_TOKEN: lambda alg: {"jwt_configuration": {"alg": alg}},
    USERINFO: lambda alg: {"userinfo_signed_response_alg": alg},
    AUTHORIZATION: lambda alg: {"authorization_signed_response_alg": alg},
    INTROSPECTION: lambda alg: {"introspection_signed_response_alg": alg},
}


def client_with(metadata: dict[str, Any]) -> Client:
    return Client(tenant_id="t", client_id="c", name="c", metadata=metadata, created_at_ms=0, updated_at_ms=0)


def half(hash_: Any, text: str) -> str:
    digest = hash_(text.encode()).digest()
    return urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


def test_what_an_id_token_says(house: InProcess) -> None:
    app = allowed(house)
    house.clock.advance(50)
    claims, now_s = id_token_of(app, ["openid"], nonce="n" * 384, acr="phr"), house.clock.now_ms() // 1000
    assert set(claims) == ALWAYS | {"nonce", "acr"}
    assert (claims["iss"], claims["sub"], claims["aud"]) == (house.issuer, app.user.user_id, app.client_id)
    assert (claims["iat"], claims["exp"], claims["auth_time"]) == (now_s, now_s + 36_000, now_s - 50)
    assert (claims["sid"], claims["amr"], claims["acr"]) == (app.session.id, ["pwd"], "phr")
    assert claims["nonce"] == "n" * 384


def test_the_lifetime_is_the_clients(house: InProcess) -> None:
    app = allowed(house, jwt_configuration={"alg": "RS256", "lifetime_in_seconds": 60})
    claims = id_token_of(app)
    assert claims["exp"] - claims["iat"] == 60


@pytest.mark.parametrize(
    ("alg", "header", "hash_"),
    [
        ("RS256", "RS256", sha256),
        ("PS256", "PS256", sha256),
        ("ES256", "ES256", sha256),
        ("Ed25519", "EdDSA", sha512),
        ("EdDSA", "EdDSA", sha512),
    ],
)
def test_signed_as_the_client_wants_it(house: InProcess, alg: str, header: str, hash_: Any) -> None:
    app = allowed(house, jwt_configuration={"alg": alg})
    body = app.tokens()
    jwt = parse(body["id_token"])
    assert (jwt.header["alg"], jwt.header["typ"]) == (header, "JWT")
    keys = {key["kid"]: key for key in house.request("GET", "/.well-known/jwks.json").json()["keys"]}
    jwk = {name: value for name, value in keys[jwt.kid or ""].items() if name in ("kty", "n", "e", "crv", "x", "y")}
    claims = verify(jwt, public_key_from_jwk(jwk), "Ed25519" if header == "EdDSA" else alg).members
    assert claims["at_hash"] == half(hash_, body["access_token"])


@pytest.mark.parametrize("alg", ["HS256", "RS384", "RS512", "ES384", "none", "", None, 256])
def test_an_algorithm_that_is_not_offered_is_refused_and_signs_nothing(house: InProcess, alg: Any) -> None:
    """Attack 46: no hash left out because its algorithm is unknown."""
    answer = house.call("POST", "clients", {"name": "x", "jwt_configuration": {"alg": alg}})
    assert answer.status == 400
    registered = RegisteredClient(client=client_with({"jwt_configuration": {"alg": alg or ""}}))
    with pytest.raises(OAuthError) as refusal:
        signing_alg_of(registered, ID_TOKEN)
    assert refusal.value.check == "profile.signing_algs"


@pytest.mark.parametrize("level", sorted(PROFILES))
@pytest.mark.parametrize("field", FIELDS)
def test_what_the_client_chose_is_within_its_profile_and_else_the_profiles_default(level: str, field: str) -> None:
    profile = PROFILES[level]
    for alg in ("RS256", "PS256", "ES256", "EdDSA", "Ed25519"):
        registered = RegisteredClient(client=client_with(CHOICES[field](alg)), profile=profile)
        if (canonical := "Ed25519" if alg == "EdDSA" else alg) in profile.signing_algs:
            assert signing_alg_of(registered, field) == canonical
        else:
            with pytest.raises(OAuthError, match="not allowed") as refusal:
                signing_alg_of(registered, field)
            assert (refusal.value.code, refusal.value.evidence["field"]) == ("unauthorized_client", field)
    assert signing_alg_of(RegisteredClient(client=client_with({}), profile=profile), field) == (
        profile.default_signing_alg
    )


def test_every_signing_algorithm_has_its_hash(house: InProcess) -> None:
    document = house.request("GET", "/.well-known/openid-configuration").json()
    assert document["id_token_signing_alg_values_supported"] == ["RS256", "PS256", "ES256", "EdDSA"]
    assert set(HASHES) == {"RS256", "PS256", "ES256", "Ed25519"}
    assert all(profile.signing_algs <= set(HASHES) for profile in PROFILES.values())


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, FIRST_PARTY),
        ({"id_token_scope_claims": False}, []),
        ({"is_first_party": False}, []),
        ({"is_first_party": False, "id_token_scope_claims": True}, FIRST_PARTY),
    ],
)
def test_scope_claims_are_in_the_id_token_as_the_switch_says(
    house: InProcess, fields: dict[str, Any], expected: list[str]
) -> None:
    app = allowed(house, **fields)
    assert set(id_token_of(app)) == ALWAYS | set(expected)


def test_what_the_claims_parameter_asks_for(house: InProcess) -> None:
    """Core 5.5: null, essential, value and values; what is unknown is ignored, and nothing else comes along."""
    app = allowed(house, id_token_scope_claims=False)
    asked = {
        "id_token": {
            "email": None,
            "name": {"essential": True},
            "nickname": {"value": "somebody else"},
            "auth_time": {"essential": True},
            "unknown": {"values": ["a", "b"]},
            "password_hash": None,
            "birthdate": None,
        },
        "userinfo": {"email_verified": None},
    }
    claims = id_token_of(app, ["openid"], claims=asked)
    assert set(claims) == ALWAYS | {"email", "name", "nickname"}
    assert (claims["email"], claims["name"], claims["nickname"]) == ("jane@example.org", "Jane Doe", "jane")


@pytest.mark.parametrize("claims", [{"id_token": None}, {"id_token": []}, {"id_token": "name"}, {"other": {}}])
def test_a_claims_parameter_of_another_shape_asks_for_nothing(house: InProcess, claims: dict[str, Any]) -> None:
    app = allowed(house, id_token_scope_claims=False)
    assert set(id_token_of(app, ["openid"], claims=claims)) == ALWAYS


def test_no_profile_can_say_who_issued_the_token(house: InProcess) -> None:
    from tallystick.tokens.id_token import IdTokenOrder, id_token_claims

    fields: dict[str, Any] = {"created_at_ms": 0, "updated_at_ms": 0}
    order = IdTokenOrder(
        tenant=house.tenant,
        client=Client(tenant_id="t", client_id="c", name="c", **fields),
        subject="right",
        auth_time_ms=0,
        session_id="s",
        amr=[],
        acr=None,
        nonce=None,
        person={"sub": "wrong", "iss": "wrong", "aud": "wrong", "exp": 1, "sid": "wrong"},
        now_ms=1000,
    )
    claims = id_token_claims(order, "RS256")
    assert "wrong" not in claims.values()
    assert claims["sub"] == "right"


def test_in_the_front_channel_the_code_is_hashed_too_and_the_state_where_the_profile_says_so(house: InProcess) -> None:
    """Core 3.3.2.11, FAPI 1 Advanced 5.2.2.1: and without any access token the claims of the scopes are there (5.4)."""
    app = allowed(house, id_token_scope_claims=False)
    worker, now_ms = house.worker, house.clock.now_ms()
    tokens = PersonTokens(
        worker.ring,
        issuer_of(worker),
        Subjects(worker.handles),
        Permissions(worker.storage, worker.storage, worker.storage),
        response_encryption_of(worker),
    )
    registered = house.run(worker.clients.find(house.tenant.tenant_id, app.client_id))
    assert registered is not None
    scopes = ("openid", "email")
    family = begin(
        tenant_id=house.tenant.tenant_id,
        client_id=app.client_id,
        user_id=app.user.user_id,
        session_id=app.session.id,
        audience=None,
        scope=scopes,
        auth_time_ms=now_ms,
        now_ms=now_ms,
    )

    def issued(profile: Profile = OAUTH21, **fields: Any) -> dict[str, Any]:
        order = PersonTokenOrder(
            tenant=house.tenant,
            registered=replace(registered, profile=profile),
            is_confidential=True,
            user=app.user,
            family=family,
            resource_server=None,
            scopes=scopes,
            with_access_token=False,
            now_ms=now_ms,
            jti="j",
            **fields,
        )
        answer = house.run(tokens.issue(order)).answer()
        assert set(answer) == {"id_token"}
        return decoded(answer["id_token"])[1]

    hybrid = issued(code="the code", state="the state", nonce="n")
    assert hybrid["c_hash"] == half(sha256, "the code")
    assert not {"at_hash", "s_hash"} & set(hybrid)
    advanced = issued(FAPI1_ADVANCED, code="the code", state="the state", nonce="n")
    assert (advanced["c_hash"], advanced["s_hash"]) == (half(sha256, "the code"), half(sha256, "the state"))
    assert "email" not in hybrid
    alone = issued(nonce="n")
    assert alone["email"] == "jane@example.org"
    assert not {"at_hash", "c_hash", "s_hash"} & set(alone)
