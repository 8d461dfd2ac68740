"""Client assertions, read back by a library that is not ours."""

from __future__ import annotations

import pytest
from joserfc import jwt
from joserfc.jwk import JWKRegistry

from tallystick.jose.algorithms import ALGORITHMS
from tallystick.jose.private_keys import generate_private_key, public_key_for
from tallystick.jose.refusals import KeyRefused
from tallystick.sdk.assertions import client_assertion
from tallystick.sdk.keys import public_jwk

NOW_MS = 1_790_000_000_123
ISSUER = "https://as.example/"


def read(assertion: str, jwk: dict[str, str], alg: str) -> jwt.Token:
    return jwt.decode(assertion, JWKRegistry.import_key(dict(jwk)), algorithms=[alg])


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@pytest.mark.parametrize("alg", sorted(ALGORITHMS))
def test_every_algorithm_is_readable_by_joserfc(alg: str) -> None:
    key = generate_private_key(alg)
    token = read(
        client_assertion("c1", ISSUER, key, alg, kid="k-1", now_ms=NOW_MS), public_jwk(public_key_for(key)), alg
    )
    assert token.header == {"alg": alg, "typ": "JWT", "kid": "k-1"}
    jti = token.claims.pop("jti")
    assert token.claims == {
        "iss": "c1",
        "sub": "c1",
        "aud": ISSUER,
        "iat": 1_790_000_000,
        "exp": 1_790_000_060,
    }
    assert 40 <= len(jti) <= 64


def test_rfc7523_3_item_7_each_assertion_has_a_jti_of_its_own() -> None:
    key = generate_private_key("ES256")
    public = public_jwk(public_key_for(key))
    made = [client_assertion("c1", ISSUER, key, "ES256", now_ms=NOW_MS) for _ in range(3)]
    assert len({read(assertion, public, "ES256").claims["jti"] for assertion in made}) == 3


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_eddsa_is_kept_as_the_header_spells_it() -> None:
    key = generate_private_key("Ed25519")
    assertion = client_assertion("c1", ISSUER, key, "EdDSA", now_ms=NOW_MS)
    assert read(assertion, public_jwk(public_key_for(key)), "EdDSA").header["alg"] == "EdDSA"


@pytest.mark.parametrize("alg", ["HS256", "none", "rs256", "", "ES384", "RS256"])
def test_an_algorithm_that_does_not_fit_the_key_is_refused(alg: str) -> None:
    with pytest.raises(KeyRefused):
        client_assertion("c1", ISSUER, generate_private_key("ES256"), alg, now_ms=NOW_MS)
