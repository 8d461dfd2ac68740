"""The examples of RFC 7515, 7517, 7520, 7638 and 8037, and joserfc as a second opinion."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from joserfc import jws
from joserfc.jwk import JWKRegistry

from tallystick.jose import base64url, jwt
from tallystick.jose.algorithms import ALGORITHMS, canonical_alg
from tallystick.jose.keys import jwk_of, pem_of, public_key_from_jwk, public_key_from_pem
from tallystick.jose.private_keys import generate_private_key, private_jwk_of, private_key_from_jwk, public_key_for
from tallystick.jose.refusals import KeyRefused
from tallystick.jose.signer import Signer
from tests.vectors import vectors

SIGNED = [*vectors("rfc7515"), *vectors("rfc7520"), *vectors("rfc8037")]
CLAIMS = msgspec.json.encode({"iss": "joe", "exp": 1300819380})


@pytest.mark.parametrize("vector", SIGNED, ids=lambda vector: f"{vector['name']} {vector['alg']}")
def test_signature_of_the_rfc_verifies_and_a_changed_one_does_not(vector: dict[str, Any]) -> None:
    key = public_key_from_jwk(vector["jwk"])
    signing_input, _, signature = str(vector["jws"]).rpartition(".")
    entry = ALGORITHMS[canonical_alg(vector["alg"]) or ""]
    octets = base64url.decode(signature)
    assert entry.verify(key.key, signing_input.encode(), octets)
    assert not entry.verify(key.key, signing_input.encode() + b"x", octets)
    assert not entry.verify(key.key, signing_input.encode(), octets[:-1] + bytes([octets[-1] ^ 1]))
    assert not entry.verify(key.key, signing_input.encode(), b"")


@pytest.mark.parametrize("vector", vectors("rfc7515"), ids=lambda vector: vector["name"])
def test_rfc7515_examples_are_jwts(vector: dict[str, Any]) -> None:
    claims = jwt.verify(jwt.parse(str(vector["jws"])), public_key_from_jwk(vector["jwk"]), str(vector["alg"]))
    assert claims.string("iss") == "joe"
    assert claims.numeric_date_ms("exp") == 1300819380000


def test_rfc8037_a4_is_signed_to_the_same_octets() -> None:
    (vector,) = vectors("rfc8037")
    private_key = private_key_from_jwk({**vector["jwk"], "d": vector["private_d"]})
    signing_input, _, signature = vector["jws"].rpartition(".")
    assert base64url.encode(ALGORITHMS["Ed25519"].sign(private_key, signing_input.encode())) == signature


@pytest.mark.parametrize("vector", [*vectors("rfc7638"), *vectors("rfc8037")], ids=lambda vector: vector["name"])
def test_thumbprint(vector: dict[str, Any]) -> None:
    assert public_key_from_jwk(vector["jwk"]).thumbprint == vector["thumbprint"]


@pytest.mark.parametrize("vector", vectors("rfc7517"), ids=lambda vector: vector["name"])
def test_rfc7517_appendix_a_keys(vector: dict[str, Any]) -> None:
    if vector["check"] is None:
        assert public_key_from_jwk(vector["jwk"]).bits == 2048
        return
    with pytest.raises(KeyRefused) as refused:
        public_key_from_jwk(vector["jwk"])
    assert refused.value.check == vector["check"]


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_every_algorithm_agrees_with_another_implementation(alg: str) -> None:
    private_key = generate_private_key(alg)
    public_key = public_key_for(private_key)
    theirs = JWKRegistry.import_key({**private_jwk_of(private_key)})
    ours = Signer("the-key", alg, private_key).sign(CLAIMS, "JWT")
    received = jws.deserialize_compact(ours, theirs, algorithms=[alg])
    assert received.payload == CLAIMS
    assert received.headers() == {"alg": alg, "typ": "JWT", "kid": "the-key"}
    token = jws.serialize_compact({"alg": alg}, CLAIMS, theirs, algorithms=[alg])
    assert jwt.verify(jwt.parse(token), public_key, alg).string("iss") == "joe"


def test_eddsa_and_ed25519_are_one_algorithm() -> None:
    private_key = generate_private_key("Ed25519")
    public_key = public_key_for(private_key)
    for header_alg in ("EdDSA", "Ed25519"):
        token = Signer(None, "Ed25519", private_key, header_alg=header_alg).sign(CLAIMS)
        assert jwt.parse(token).alg == "Ed25519"
        for registered in ("EdDSA", "Ed25519"):
            jwt.verify(jwt.parse(token), public_key, registered)


@pytest.mark.parametrize("alg", ["RS256", "ES256", "ES384", "ES512", "Ed25519"])
def test_a_key_is_the_same_key_in_every_wrapping(alg: str) -> None:
    key = public_key_for(generate_private_key(alg))
    again = [public_key_from_jwk({**jwk_of(key), "kid": "a", "use": "sig"}), public_key_from_pem(pem_of(key))]
    assert {(one.spki_sha256, one.thumbprint, one.bits) for one in again} == {
        (key.spki_sha256, key.thumbprint, key.bits)
    }
