"""Proofs, as RFC 9449 4.2 wants them."""

from __future__ import annotations

from hashlib import sha256

import pytest

from tallystick.jose import base64url, jwt
from tallystick.jose.keys import public_key_from_jwk
from tallystick.jose.private_keys import generate_private_key
from tallystick.jose.refusals import KeyRefused
from tallystick.sdk.dpop import DpopKey
from tests.application import decoded

URL = "https://api.example/things"
NOW_MS = 1_700_000_000_999


@pytest.mark.parametrize("alg", ["ES256", "ES384", "PS256", "Ed25519", "EdDSA"])
def test_a_proof_verifies_with_the_key_that_it_shows(alg: str) -> None:
    canonical = "Ed25519" if alg == "EdDSA" else alg
    key = DpopKey(generate_private_key(canonical), alg)
    parsed = jwt.parse(key.proof("GET", URL, now_ms=NOW_MS), size_bytes_max=4096)
    assert (parsed.header["typ"], parsed.header["alg"]) == ("dpop+jwt", alg)
    shown = public_key_from_jwk(parsed.header["jwk"])
    assert shown.thumbprint == key.jkt
    jwt.verify(parsed, shown, canonical)


@pytest.mark.parametrize(("alg", "members"), [("ES256", "kty crv x y"), ("Ed25519", "kty crv x"), ("PS256", "kty n e")])
def test_only_the_public_half_is_shown(alg: str, members: str) -> None:
    header, _ = decoded(DpopKey.generate(alg).proof("GET", URL, now_ms=NOW_MS))
    assert set(header["jwk"]) == set(members.split())


def test_it_names_method_and_url_without_query_and_fragment() -> None:
    key = DpopKey.generate()
    for tail in ("", "?q=1", "#part", "?q=1#part", "#part?not-a-query"):
        _, claims = decoded(key.proof("PATCH", URL + tail, now_ms=NOW_MS))
        assert claims.pop("jti")
        assert claims == {"htm": "PATCH", "htu": URL, "iat": 1_700_000_000}


def test_it_names_the_token_by_its_hash_and_the_nonce_as_it_is() -> None:
    _, claims = decoded(DpopKey.generate().proof("GET", URL, now_ms=NOW_MS, access_token="t", nonce="n", jti="j"))
    assert claims["ath"] == base64url.encode(sha256(b"t").digest())
    assert (claims["nonce"], claims["jti"]) == ("n", "j")


def test_every_proof_is_for_one_use() -> None:
    key = DpopKey.generate()
    assert len({decoded(key.proof("GET", URL, now_ms=NOW_MS))[1]["jti"] for _ in range(20)}) == 20


def test_without_an_algorithm_the_key_says_it_and_never_pkcs1_v1_5() -> None:
    assert DpopKey(generate_private_key("ES512")).alg == "ES512"
    assert DpopKey(generate_private_key("RS256")).alg == "PS256"


def test_a_key_that_does_not_fit_is_refused() -> None:
    with pytest.raises(KeyRefused):
        DpopKey(generate_private_key("ES256"), "PS256")


def test_no_private_half_is_in_a_repr() -> None:
    key = DpopKey.generate()
    assert repr(key) == f"DpopKey(jkt='{key.jkt}', alg='ES256')"
