"""The RFCs' examples, and joserfc and Authlib as second opinions: what the one encrypts the other must read."""

from __future__ import annotations

import importlib
import json
import warnings
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc._rfc7518.derive_key import derive_key_for_concat_kdf
from joserfc.jwe import JWERegistry, decrypt_compact, encrypt_compact
from joserfc.jwk import ECKey, RSAKey

from tallystick.jose import base64url, jwe
from tallystick.jose.encryption_algorithms import CONTENT_ENCS, ECDH_CURVES, KEY_ALGS, algs_of
from tallystick.jose.private_keys import AnyPrivateKey, generate_private_key, private_key_from_jwk, public_key_for
from tallystick.jose.refusals import KeyRefused
from tests.vectors import vectors

CONTENT = b"eyJhbGciOiJub25lIn0.e30."
KEYS: dict[str, Any] = {"RSA": generate_private_key("RS256")}
KEYS |= {crv: generate_private_key(alg) for crv, alg in zip(ECDH_CURVES, ("ES256", "ES384", "ES512"), strict=True)}
PAIRS = [(alg, crv) for alg, entry in KEY_ALGS.items() for crv in (entry.curves if entry.kty == "EC" else ("RSA",))]
STANDARD = [(alg, key) for alg, key in PAIRS if alg not in ("RSA-OAEP-384", "RSA-OAEP-512")]
"""What joserfc and Authlib know; RFC 7518 has no OAEP with SHA-384 and SHA-512."""
OTHERS = JWERegistry(algorithms=[*KEY_ALGS, *CONTENT_ENCS])


def theirs(key: AnyPrivateKey) -> RSAKey | ECKey:
    return RSAKey.import_key(key) if isinstance(key, type(KEYS["RSA"])) else ECKey.import_key(key)  # type: ignore[arg-type]


def opened(text: str, key: AnyPrivateKey, alg: str) -> bytes:
    return jwe.decrypt(jwe.parse(text, size_bytes_max=8192), key, alg)


@pytest.mark.parametrize("vector", vectors("rfc7520_jwe")["jwes"], ids=lambda vector: vector["name"])
def test_rfc7520_section_5(vector: dict[str, Any]) -> None:
    key = private_key_from_jwk({**vector["jwk"], "d": vector["private_d"]})
    assert opened(vector["jwe"], key, vector["alg"]).decode() == vectors("rfc7520_jwe")["content"]


@pytest.mark.parametrize(("alg", "key"), PAIRS)
def test_what_we_encrypt_we_decrypt(alg: str, key: str) -> None:
    text = jwe.encrypt(CONTENT, public_key_for(KEYS[key]), alg=alg, enc="A256GCM", kid="k1")
    header = jwe.parse(text, size_bytes_max=8192).header
    assert {name: header[name] for name in header if name != "epk"} == {
        "alg": alg,
        "enc": "A256GCM",
        "kid": "k1",
        "cty": "JWT",
    }
    assert set(header.get("epk", ())) <= {"kty", "crv", "x", "y"}
    assert opened(text, KEYS[key], alg) == CONTENT


@pytest.mark.parametrize(("alg", "key"), STANDARD)
def test_joserfc_reads_ours_and_we_read_joserfc(alg: str, key: str) -> None:
    ours = jwe.encrypt(CONTENT, public_key_for(KEYS[key]), alg=alg, enc="A128CBC-HS256", kid=None, cty=None)
    assert decrypt_compact(ours, theirs(KEYS[key]), registry=OTHERS).plaintext == CONTENT
    header = {"alg": alg, "enc": "A128CBC-HS256", "apu": "QWxpY2U", "apv": "Qm9i"}
    registry = JWERegistry(algorithms=[*KEY_ALGS, *CONTENT_ENCS], strict_check_header=False)
    text = encrypt_compact(header, CONTENT, theirs(KEYS[key]), registry=registry)
    assert opened(text, KEYS[key], alg) == CONTENT


@pytest.mark.parametrize("enc", CONTENT_ENCS)
@pytest.mark.parametrize(("alg", "key"), [("RSA-OAEP-256", "RSA"), ("ECDH-ES", "P-256"), ("ECDH-ES+A256KW", "P-521")])
def test_authlib_reads_ours_and_we_read_authlib(alg: str, key: str, enc: str) -> None:
    authlib = _authlib()
    ours = jwe.encrypt(CONTENT, public_key_for(KEYS[key]), alg=alg, enc=enc, kid=None)
    pem = theirs(KEYS[key]).as_pem(private=True)
    assert authlib.deserialize_compact(ours, pem)["payload"] == CONTENT
    public = theirs(KEYS[key]).as_pem(private=False)
    text = authlib.serialize_compact({"alg": alg, "enc": enc}, CONTENT, public).decode()
    assert opened(text, KEYS[key], alg) == CONTENT


def _authlib() -> Any:
    with warnings.catch_warnings():
        # Its maintainer says to use joserfc instead; as a second opinion it is welcome as long as it is there.
        warnings.simplefilter("ignore")
        return importlib.import_module("authlib.jose").JsonWebEncryption()


def test_coordinates_without_leading_zeros_are_read() -> None:
    # As Authlib writes them, one in 128 on P-256. Not so in keys that are registered (tests/jose/test_keys.py).
    private = _with_a_leading_zero()
    full = public_key_for(private).jwk
    short = full | {"x": base64url.encode(base64url.decode(full["x"]).lstrip(b"\0"))}
    header = {"alg": "ECDH-ES", "enc": "A128GCM", "epk": short}
    shared = private.exchange(ec.ECDH(), KEYS["P-256"].public_key())
    cek = derive_key_for_concat_kdf(shared, header, 128, None)
    head = base64url.encode(json.dumps(header).encode())
    sealed = AESGCM(cek).encrypt(bytes(12), CONTENT, head.encode())
    text = f"{head}..{base64url.encode(bytes(12))}.{base64url.encode(sealed[:-16])}.{base64url.encode(sealed[-16:])}"
    assert opened(text, KEYS["P-256"], "ECDH-ES") == CONTENT


def _with_a_leading_zero() -> Any:
    keys = (ec.derive_private_key(number, ec.SECP256R1()) for number in range(2, 10_000))
    return next(key for key in keys if key.public_key().public_numbers().x >> 248 == 0)


def test_members_replicated_into_the_header_are_ignored() -> None:
    # RFC 7519 5.3, RFC 7516 4: what is not understood is ignored.
    registry = JWERegistry(algorithms=[*KEY_ALGS, *CONTENT_ENCS], strict_check_header=False)
    header = {"alg": "ECDH-ES", "enc": "A128GCM", "iss": "me", "aud": ["you"]}
    text = encrypt_compact(header, CONTENT, theirs(KEYS["P-256"]), registry=registry)
    assert opened(text, KEYS["P-256"], "ECDH-ES") == CONTENT


def test_a_key_for_ecdh_es_serves_its_whole_family() -> None:
    assert algs_of("ECDH-ES") == ("ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW")
    assert algs_of("RSA-OAEP-256") == ("RSA-OAEP-256",)


@pytest.mark.parametrize(("alg", "key"), [("RSA-OAEP-256", "P-256"), ("ECDH-ES", "RSA")])
def test_nothing_is_encrypted_to_a_key_that_does_not_fit(alg: str, key: str) -> None:
    with pytest.raises(KeyRefused) as refused:
        jwe.encrypt(CONTENT, public_key_for(KEYS[key]), alg=alg, enc="A256GCM", kid=None)
    assert refused.value.check == "key.alg"


@pytest.mark.parametrize(("alg", "enc"), [("dir", "A256GCM"), ("RSA1_5", "A256GCM"), ("ECDH-ES", "A256KW")])
def test_nothing_is_encrypted_with_what_is_not_in_the_tables(alg: str, enc: str) -> None:
    with pytest.raises(KeyError):
        jwe.encrypt(CONTENT, public_key_for(KEYS["RSA"]), alg=alg, enc=enc, kid=None)
