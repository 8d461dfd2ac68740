"""Authlib and signed requests (RFC 9101). Its clients carry a request object that the application signs by joserfc, for
Authlib itself makes none; its servers read those that our SDK signs."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from authlib.integrations.requests_client import OAuth2Session  # type: ignore[import-untyped]  # ships no types
from authlib.oauth2 import rfc9101  # type: ignore[import-untyped]  # ships no types
from authlib.oauth2.rfc6749 import OAuth2Request  # type: ignore[import-untyped]  # ships no types
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload  # type: ignore[import-untyped]  # ships no types
from joserfc import jwt
from joserfc.jwk import import_key

from tallystick.jose.private_keys import private_key_to_pem
from tallystick.sdk.request_objects import request_object
from tests.administrator import Administrator
from tests.application import decoded
from tests.browser.person import new_person
from tests.forge import Key
from tests.interop.conftest import trust
from tests.interop.signing_in import CALLBACK, sign_in, web_application
from tests.server import Server
from tests.signin import visitor_at

ALG = "ES256"
STATE, VERIFIER = "the state", "v" * 43


def test_a_request_that_the_application_signed(
    home: Server, home_admin: Administrator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Authlib puts beside the object counts for nothing; without one nobody gets in."""
    key, person, visitor = Key(ALG), new_person(home_admin), visitor_at(trust(home, monkeypatch))
    credential = {"credential_type": "public_key", "pem": key.public_pem, "alg": ALG}
    client = web_application(home_admin, signed_request_object={"required": True, "credentials": [credential]})
    options = {"scope": "openid email", "redirect_uri": CALLBACK, "code_challenge_method": "S256"}
    with OAuth2Session(client["client_id"], client["client_secret"], **options) as http:
        url = f"{home.issuer}authorize"
        plain, _ = http.create_authorization_url(url, STATE, VERIFIER)
        parameters = dict(parse_qsl(urlsplit(plain).query))
        now_s = int(time.time())
        dates = {"iss": client["client_id"], "aud": home.issuer, "nbf": now_s, "exp": now_s + 60}
        signer = import_key(private_key_to_pem(key.private), "EC")
        signed = jwt.encode({"alg": ALG, "typ": "oauth-authz-req+jwt"}, {**parameters, **dates}, signer)

        assert "error=invalid_request&" in visitor.get(plain).location
        asked, _ = http.create_authorization_url(url, STATE, scope="openid", request=signed)
        back = sign_in(visitor, asked, person)
        token = http.fetch_token(f"{home.issuer}oauth/token", authorization_response=back, code_verifier=VERIFIER)
    claims = decoded(token["id_token"])[1]
    assert (claims["sub"], claims["email"], token["scope"]) == (person.user_id, person.email, "openid email")


class ItsServer(rfc9101.JWTAuthenticationRequest):  # type: ignore[misc]  # no types
    """A server of Authlib's, to the part that reads request objects; it demands them."""

    def __init__(self, key: Key) -> None:
        super().__init__()
        self._key = import_key(key.public_pem, "EC")

    def query_client(self, client_id: str) -> str:
        return client_id

    def resolve_client_public_key(self, _client: Any) -> Any:
        return self._key

    def get_client_require_signed_request_object(self, _client: Any) -> bool:
        return True

    def read(self, **parameters: str) -> dict[str, Any]:
        """What it makes of a request."""
        request = OAuth2Request("GET", "https://their.example/authorize")
        request.payload = BasicOAuth2Payload(parameters)
        self.parse_authorization_request(self, request)
        read: dict[str, Any] = request.payload.data
        return read


def test_an_object_of_our_sdk_is_one_for_its_servers() -> None:
    key = Key(ALG)
    asked = {"response_type": "code", "redirect_uri": CALLBACK, "scope": "openid", "max_age": 60}
    now_ms = int(time.time() * 1000)
    signed = request_object("client", "https://their.example/", asked, key.private, ALG, kid="k1", now_ms=now_ms)
    read = ItsServer(key).read(client_id="client", request=signed, scope="openid admin")
    assert {name: read[name] for name in asked} == asked
    with pytest.raises(rfc9101.errors.InvalidRequestObjectError):
        ItsServer(Key(ALG)).read(client_id="client", request=signed)
