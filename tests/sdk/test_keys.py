"""Keys in every form people have them in; only public halves leave."""

from __future__ import annotations

import json

import pytest

from tallystick.jose.keys import pem_of
from tallystick.jose.private_keys import generate_private_key, private_jwk_of, private_key_to_pem, public_key_for
from tallystick.jose.refusals import KeyRefused
from tallystick.sdk.certificates import self_signed
from tallystick.sdk.keys import default_alg, public_jwk, read_private_key, read_public_key


@pytest.mark.parametrize(
    ("made_for", "default"), [("PS256", "RS256"), ("ES256", "ES256"), ("ES512", "ES512"), ("Ed25519", "Ed25519")]
)
def test_a_private_key_is_read_from_pem_and_jwk(made_for: str, default: str) -> None:
    key = generate_private_key(made_for)
    thumbprint = public_key_for(key).thumbprint
    for text in (private_key_to_pem(key), json.dumps(private_jwk_of(key))):
        read = read_private_key(text)
        assert public_key_for(read).thumbprint == thumbprint
        assert default_alg(read) == default


def test_the_public_half_is_taken_from_whatever_is_given() -> None:
    key = generate_private_key("ES256")
    public = public_key_for(key)
    texts = (
        pem_of(public),
        json.dumps(public_jwk(public)),
        self_signed(key, "CN=c1", now_ms=1_790_000_000_000),
        private_key_to_pem(key),
        json.dumps(private_jwk_of(key)),
    )
    assert {read_public_key(text).thumbprint for text in texts} == {public.thumbprint}


def test_a_public_jwk_has_no_private_member() -> None:
    jwk = public_jwk(read_public_key(private_key_to_pem(generate_private_key("RS256"))), "RS256")
    assert set(jwk) == {"kty", "n", "e", "use", "kid", "alg"}


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"kty":"oct","k":"AAAA"}', "-----BEGIN PRIVATE KEY-----\n"])
def test_what_is_no_key_is_refused(text: str) -> None:
    for read in (read_private_key, read_public_key):
        with pytest.raises(KeyRefused):
            read(text)
