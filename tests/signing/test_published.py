"""What is published: the shapes of auth0.md 1.12, read back by a library that is not ours."""

from __future__ import annotations

import asyncio
import hashlib
import re
from base64 import b64decode, urlsafe_b64encode

import jwt
import pytest
from auth0.authentication.token_verifier import JwksFetcher
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from joserfc.jwk import import_key

from tallystick.sealing import Sealer
from tallystick.signing.key import CURRENT, ENCRYPTION_ALGS, NEXT, SigningKey
from tallystick.signing.make import SIGNING_ALGS, make_key, missing_keys
from tallystick.signing.published import jwks_document, publish

from ..tenants.stored import NOW_MS, TENANT

SEALER = Sealer(bytes(32), "signing-key")
MEMBERS = {
    "RS256": ("RSA", {"n", "e"}, "RS256"),
    "PS256": ("RSA", {"n", "e"}, "PS256"),
    "ES256": ("EC", {"crv", "x", "y"}, "ES256"),
    "Ed25519": ("OKP", {"crv", "x"}, "EdDSA"),
}


@pytest.fixture(scope="module")
def keys() -> dict[str, SigningKey]:
    async def make() -> dict[str, SigningKey]:
        return {alg: await make_key(SEALER, TENANT, alg, CURRENT, NOW_MS) for alg in SIGNING_ALGS}

    return asyncio.run(make())


@pytest.mark.parametrize("alg", SIGNING_ALGS)
def test_a_jwk_has_the_public_members_and_names_and_nothing_private(keys: dict[str, SigningKey], alg: str) -> None:
    jwk = publish(keys[alg]).jwk
    kty, members, header_alg = MEMBERS[alg]
    assert set(jwk) == members | {"kty", "use", "alg", "kid", "x5t", "x5c"}
    assert (jwk["kty"], jwk["use"], jwk["alg"], jwk["kid"]) == (kty, "sig", header_alg, keys[alg].kid)
    assert not import_key(jwk).is_private


@pytest.mark.parametrize("alg", SIGNING_ALGS)
def test_x5c_holds_the_certificate_over_the_same_key_and_x5t_its_sha1(keys: dict[str, SigningKey], alg: str) -> None:
    published = publish(keys[alg])
    (encoded,) = published.jwk["x5c"]
    der = b64decode(encoded, validate=True)
    certificate = x509.load_der_x509_certificate(der)
    assert certificate.public_key() == published.key.key
    certificate.verify_directly_issued_by(certificate)
    assert published.jwk["x5t"] == urlsafe_b64encode(hashlib.sha1(der).digest()).decode().rstrip("=")
    assert certificate.subject.rfc4514_string() == "CN=one.example"


def test_the_tenant_flag_removes_alg_and_nothing_else(keys: dict[str, SigningKey]) -> None:
    published = [publish(key) for key in keys.values()]
    with_alg, without = jwks_document(published), jwks_document(published, remove_alg=True)
    assert [{k: v for k, v in jwk.items() if k != "alg"} for jwk in with_alg["keys"]] == without["keys"]
    assert all("alg" in jwk for jwk in with_alg["keys"])


def test_a_key_is_sealed_and_its_record_shows_no_private_half(keys: dict[str, SigningKey]) -> None:
    for key in keys.values():
        assert re.fullmatch(r"[A-Za-z0-9]{21}", key.kid)
        der = SEALER.open(key.private_key_sealed, key.tenant_id, key.kid)
        assert der[-32:] not in key.private_key_sealed


def test_first_start_makes_current_and_next_for_every_algorithm_and_later_starts_none() -> None:
    made = asyncio.run(missing_keys(SEALER, TENANT, (), NOW_MS))
    signing = {(alg, state) for alg in SIGNING_ALGS for state in (CURRENT, NEXT)}
    # What others encrypt to needs no next key: the one that was published before still decrypts.
    assert {(key.alg, key.state) for key in made} == signing | {(alg, CURRENT) for alg in ENCRYPTION_ALGS}
    assert len({key.kid for key in made}) == len(made) == 2 * len(SIGNING_ALGS) + len(ENCRYPTION_ALGS)
    assert asyncio.run(missing_keys(SEALER, TENANT, made, NOW_MS)) == []


def test_an_algorithm_that_an_upgrade_adds_gets_its_keys() -> None:
    old = [
        SigningKey(
            tenant_id="t1",
            kid=alg + state,
            alg=alg,
            state=state,
            private_key_sealed=b"",
            certificate="",
            created_at_ms=1,
        )
        for alg in SIGNING_ALGS
        for state in (CURRENT, NEXT)
        if alg != "ES256"
    ]
    made = asyncio.run(missing_keys(SEALER, TENANT, old, NOW_MS))
    lacking = [("ES256", CURRENT), ("ES256", NEXT), *((alg, CURRENT) for alg in ENCRYPTION_ALGS)]
    assert [(key.alg, key.state) for key in made] == lacking


def test_a_key_for_encryption_says_so_and_has_signed_nothing() -> None:
    made = {alg: asyncio.run(make_key(SEALER, TENANT, alg, CURRENT, NOW_MS)) for alg in ENCRYPTION_ALGS}
    rsa, ec = (publish(key).jwk for key in made.values())
    assert {name: rsa[name] for name in rsa if name != "n"} == {
        "kty": "RSA",
        "e": "AQAB",
        "use": "enc",
        "alg": "RSA-OAEP-256",
        "kid": made["RSA-OAEP-256"].kid,
    }
    # Without alg, so that senders of ECDH-ES+A128KW and +A256KW take it too.
    assert set(ec) == {"kty", "crv", "x", "y", "use", "kid"}
    assert (ec["crv"], ec["use"]) == ("P-256", "enc")
    # Not even a certificate over itself: a key that decrypts never signs (RFC 7517 4.2). It has one all the same: a
    # node of an older version, which runs on while others are upgraded, reads it in every row.
    for certificate in (x509.load_pem_x509_certificate(key.certificate.encode()) for key in made.values()):
        with pytest.raises((InvalidSignature, TypeError, ValueError)):
            certificate.verify_directly_issued_by(certificate)
    assert not any(import_key(jwk).is_private for jwk in (rsa, ec))


def test_a_reader_that_takes_every_key_for_signatures_finds_ours_by_kid(keys: dict[str, SigningKey]) -> None:
    """PyJWT knows no key for encryption, and must neither stumble over one nor find it under another's name."""

    async def everything() -> list[SigningKey]:
        return [*keys.values(), *[await make_key(SEALER, TENANT, alg, CURRENT, NOW_MS) for alg in ENCRYPTION_ALGS]]

    document = jwks_document(publish(key) for key in asyncio.run(everything()))
    read = jwt.PyJWKSet.from_dict(document)
    assert {alg: read[key.kid].algorithm_name for alg, key in keys.items()} == {
        alg: "EdDSA" if alg == "Ed25519" else alg for alg in keys
    }
    usable = [key for key in read.keys if key.public_key_use in ("sig", None)]
    assert {key.key_id for key in usable} == {key.kid for key in keys.values()}
    # auth0-python's verifier is not to be had: it takes a set of RSA keys and no other.
    with pytest.raises(jwt.InvalidKeyError, match="Not an RSA key"):
        JwksFetcher._parse_jwks(document)
