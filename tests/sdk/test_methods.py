"""What each method adds to a request."""

from __future__ import annotations

from base64 import b64decode

import pytest

from tallystick.jose.private_keys import generate_private_key
from tallystick.sdk.methods import (
    JWT_BEARER,
    ClientSecretBasic,
    ClientSecretPost,
    Method,
    NoAuthentication,
    PrivateKeyJwt,
    SelfSignedTlsClientAuth,
    TlsClientAuth,
)
from tests.application import decoded

ISSUER = "https://as.example/"


def test_rfc6749_2_3_1_basic_encodes_id_and_secret_before_joining_them() -> None:
    shown = ClientSecretBasic("s:e c%+ü").show("a:b", ISSUER, 0)
    assert shown.form == {}
    scheme, _, value = shown.headers["Authorization"].partition(" ")
    assert (scheme, b64decode(value)) == ("Basic", b"a%3Ab:s%3Ae+c%25%2B%C3%BC")


def test_post_sends_id_and_secret_as_they_are() -> None:
    shown = ClientSecretPost("s:e c").show("a:b", ISSUER, 0)
    assert (shown.form, shown.headers) == ({"client_id": "a:b", "client_secret": "s:e c"}, {})


@pytest.mark.parametrize("method", [NoAuthentication(), TlsClientAuth(), SelfSignedTlsClientAuth()])
def test_rfc8705_2_only_the_client_id_is_sent(method: Method) -> None:
    shown = method.show("c1", ISSUER, 0)
    assert (shown.form, shown.headers) == ({"client_id": "c1"}, {})


def test_rfc7523_2_2_the_assertion_comes_with_its_type() -> None:
    shown = PrivateKeyJwt(generate_private_key("ES256"), "ES256").show("c1", ISSUER, 0)
    assert shown.form["client_assertion_type"] == JWT_BEARER
    assert set(shown.form) == {"client_id", "client_assertion_type", "client_assertion"}


def test_no_secret_is_in_a_repr() -> None:
    key = generate_private_key("ES256")
    for method in (ClientSecretBasic("hush"), ClientSecretPost("hush"), PrivateKeyJwt(key, "ES256")):
        text = repr(method) + repr(method.show("c1", ISSUER, 0))
        assert "hush" not in text
        assert "EllipticCurve" not in text
        assert "eyJhbGc" not in text
        assert "Basic " not in text


def test_a_server_that_wants_the_address_of_its_token_endpoint_gets_it() -> None:
    key = generate_private_key("ES256")
    for method, audience in (
        (PrivateKeyJwt(key, "ES256"), ISSUER),
        (PrivateKeyJwt(key, "ES256", audience="https://as.example/token"), "https://as.example/token"),
    ):
        assert decoded(method.show("c1", ISSUER, 0).form["client_assertion"])[1]["aud"] == audience
