"""Request objects, read back by a library that is not ours."""

from __future__ import annotations

import pytest
from joserfc import jwe, jwt
from joserfc.jwk import import_key

from tallystick.jose.private_keys import generate_private_key, private_jwk_of, public_key_for
from tallystick.jose.refusals import KeyRefused
from tallystick.sdk.keys import public_jwk
from tallystick.sdk.request_objects import encrypted, recipient_of, request_object

NOW_MS = 1_790_000_000_123
ISSUER = "https://as.example/"
KEY = generate_private_key("ES256")
ASKED = {"response_type": "code", "scope": "openid", "max_age": 5, "claims": {"id_token": {"acr": None}}}


def made(**more: str) -> str:
    return request_object("c1", ISSUER, {**ASKED, **more}, KEY, "ES256", kid="k-1", now_ms=NOW_MS)


def read(text: str) -> jwt.Token:
    return jwt.decode(text, import_key(dict(public_jwk(public_key_for(KEY)))), algorithms=["ES256"])


def test_rfc9101_4_what_a_request_object_says() -> None:
    token = read(made())
    assert token.header == {"alg": "ES256", "typ": "oauth-authz-req+jwt", "kid": "k-1"}
    assert len(token.claims.pop("jti")) >= 40
    dates = {"iat": 1_790_000_000, "nbf": 1_790_000_000, "exp": 1_790_000_300}
    assert token.claims == {**ASKED, "iss": "c1", "client_id": "c1", "aud": ISSUER, **dates}


def test_no_parameter_says_who_signed() -> None:
    claims = read(made(iss="x", client_id="x", aud="x", exp="x")).claims
    assert (claims["iss"], claims["client_id"], claims["aud"], claims["exp"]) == ("c1", "c1", ISSUER, 1_790_000_300)


@pytest.mark.parametrize("name", ["request", "request_uri"])
def test_rfc9101_4_no_request_stands_in_a_request(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        made(**{name: "x"})


@pytest.mark.parametrize(
    ("alg", "key_alg"), [("RSA-OAEP-256", "RS256"), ("ECDH-ES", "ES256"), ("ECDH-ES+A256KW", "ES256")]
)
def test_an_encrypted_one_is_for_the_servers_key_alone(alg: str, key_alg: str) -> None:
    key = generate_private_key(key_alg)
    published = {**public_jwk(public_key_for(key), alg.partition("+")[0], "e-1"), "use": "enc"}
    signing = public_jwk(public_key_for(KEY), "ES256")
    text = encrypted(made(), recipient_of([signing, published], alg))
    opened = jwe.decrypt_compact(text, import_key(dict(private_jwk_of(key))), algorithms=[alg, "A256GCM"])
    assert opened.headers() | {"epk": None} == {"alg": alg, "enc": "A256GCM", "cty": "JWT", "kid": "e-1", "epk": None}
    assert opened.plaintext is not None
    assert read(opened.plaintext.decode()).claims["iss"] == "c1"


def test_nothing_is_encrypted_to_a_key_for_signatures() -> None:
    for jwk in (public_jwk(public_key_for(KEY), "ES256"), {**public_jwk(public_key_for(KEY), "x"), "use": "enc"}):
        with pytest.raises(KeyRefused):
            recipient_of([jwk])
