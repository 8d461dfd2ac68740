"""Authlib gets tokens; joserfc and PyJWT verify them as resource servers would."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import jwt
import pytest
from authlib.integrations.base_client.errors import OAuthError  # type: ignore[import-untyped]  # ships no types
from authlib.integrations.requests_client import OAuth2Session  # type: ignore[import-untyped]  # ships no types
from authlib.oauth2.rfc7523 import PrivateKeyJWT  # type: ignore[import-untyped]  # ships no types
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import KeySet, import_key

from tallystick.jose.private_keys import private_key_to_pem
from tests.administrator import Administrator
from tests.application import Application
from tests.patience import settle
from tests.server import Server

DIALECTS = ("access_token", "rfc9068_profile")
SIGNING_ALGS = ("RS256", "PS256", "ES256", "Ed25519")
JOSERFC_ALGS = ["RS256", "PS256", "ES256", "Ed25519", "EdDSA"]
KEY_TYPES: dict[str, Any] = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
TYP = {"access_token": "JWT", "rfc9068_profile": "at+jwt"}

OpenClient = Callable[..., Any]
# RFC 9864's name is the newer one; what the field understands is still "EdDSA".
pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated via RFC 9864")


@pytest.fixture
def authlib(trusted: Server) -> Iterator[OpenClient]:
    """Makes clients that trust the server, and closes them."""
    opened = []

    def make(client_id: str, secret: Any = None, **options: Any) -> Any:
        opened.append(OAuth2Session(client_id, secret, **options))
        return opened[-1]

    yield make
    for client in opened:
        client.close()


def fetched(client: Any, application: Application, **options: Any) -> dict[str, Any]:
    """A token by client_credentials."""
    url = f"{application.server.issuer}oauth/token"
    token = client.fetch_token(
        url, grant_type="client_credentials", audience=application.audience, scope="read", **options
    )
    assert (token["token_type"], token["scope"]) == ("Bearer", "read")
    return dict(token)


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_secret(admin: Administrator, authlib: OpenClient, method: str) -> None:
    application = admin.application()
    client = authlib(application.client_id, application.secret, token_endpoint_auth_method=method)
    assert fetched(client, application)["access_token"]


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_wrong_secret(admin: Administrator, authlib: OpenClient, method: str) -> None:
    application = admin.application()
    client = authlib(application.client_id, "wrong", token_endpoint_auth_method=method)
    with pytest.raises(OAuthError) as refusal:
        fetched(client, application)
    assert refusal.value.error == "invalid_client"


def signed_in(application: Application, authlib: OpenClient, alg: str, **claims: int) -> Any:
    """A client with a key. Its assertions are for the token endpoint, not for the issuer."""
    key = import_key(private_key_to_pem(application.key.private), KEY_TYPES[alg[:2]])
    client = authlib(application.client_id, key, token_endpoint_auth_method="private_key_jwt")
    client.register_client_auth_method(
        PrivateKeyJWT(f"{application.server.issuer}oauth/token", alg=alg, claims=claims or None)
    )
    return client


@pytest.mark.parametrize("alg", ["RS256", "PS384", "ES256", "ES512", "EdDSA"])
def test_private_key_jwt(admin: Administrator, authlib: OpenClient, alg: str) -> None:
    application = admin.key_application(alg)
    for _ in range(2):
        # Anew each time: given claims of its own it sends one jti for good.
        client = signed_in(application, authlib, alg, exp=int(time.time()) + 60)
        assert fetched(client, application)["access_token"]


def test_private_key_jwt_of_an_hour_is_refused(admin: Administrator, authlib: OpenClient) -> None:
    """Authlib's default is twelve times what we allow: it needs `claims={"exp": ...}`, and the log says so."""
    application = admin.key_application("ES256")
    with pytest.raises(OAuthError) as refusal:
        fetched(signed_in(application, authlib, "ES256"), application)
    assert refusal.value.error == "invalid_client"


def verified(server: Server, token: str, audience: str, dialect: str) -> str:
    """Both libraries accept the token by what discovery publishes; the kid that signed."""
    with server.http() as http:
        published = http.get(http.get(".well-known/openid-configuration").json()["jwks_uri"]).json()
    found = joserfc_jwt.decode(token, KeySet.import_key_set(published), algorithms=JOSERFC_ALGS)
    registry = joserfc_jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": server.issuer}, aud={"essential": True, "value": audience}
    )
    registry.validate(found.claims)
    assert found.header["typ"] == TYP[dialect]

    key = jwt.PyJWKSet.from_dict(published)[found.header["kid"]]
    claims = jwt.decode(token, key, audience=audience, issuer=server.issuer, options={"require": ["exp", "iat", "sub"]})
    assert claims == found.claims
    return str(found.header["kid"])


@pytest.mark.parametrize("alg", SIGNING_ALGS)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_tokens_verify(admin: Administrator, authlib: OpenClient, server: Server, dialect: str, alg: str) -> None:
    application = admin.application(admin.api(token_dialect=dialect, signing_alg=alg)["identifier"])
    token = fetched(authlib(application.client_id, application.secret), application)["access_token"]
    assert verified(server, token, application.audience, dialect)


@pytest.mark.parametrize("alg", SIGNING_ALGS)
def test_tokens_verify_across_a_rotation(admin: Administrator, authlib: OpenClient, server: Server, alg: str) -> None:
    """Those from before by the previous key, those from after by the key that was announced as the next one."""
    application = admin.application(admin.api(signing_alg=alg)["identifier"])
    client = authlib(application.client_id, application.secret)
    before = fetched(client, application)["access_token"]
    announced = [key["kid"] for key in admin.ask("GET", "keys/signing") if key["alg"] == alg and key["next"]]
    admin.ask("POST", "keys/signing/rotate", {"alg": alg})
    settle()
    after = fetched(client, application)["access_token"]
    kids = [verified(server, token, application.audience, "access_token") for token in (before, after)]
    assert kids[0] != kids[1]
    assert [kids[1]] == announced
