"""What may be registered as a public key, and above all what may not."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, x25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from tallystick.jose.keys import jwk_of, pem_of, public_key_from_jwk, public_key_from_pem, public_key_from_text
from tallystick.jose.private_keys import (
    generate_private_key,
    private_jwk_of,
    private_key_from_der,
    private_key_from_jwk,
    private_key_from_pem,
    private_key_to_der,
    private_key_to_pem,
    public_key_for,
)
from tallystick.jose.refusals import KeyRefused
from tallystick.jose.signer import Signer

PRIVATE = {alg: generate_private_key(alg) for alg in ("RS256", "ES256", "ES512", "Ed25519")}
PUBLIC = {alg: public_key_for(key) for alg, key in PRIVATE.items()}
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def refusal_of_jwk(jwk: dict[str, Any]) -> str:
    with pytest.raises(KeyRefused) as refused:
        public_key_from_jwk(jwk)
    return refused.value.check


def refusal_of_text(text: str) -> str:
    with pytest.raises(KeyRefused) as refused:
        public_key_from_text(text)
    return refused.value.check


def block(label: str, der: bytes) -> str:
    body = base64.b64encode(der).decode()
    return "\n".join([f"-----BEGIN {label}-----", *(body[at : at + 64] for at in range(0, len(body), 64))]) + (
        f"\n-----END {label}-----\n"
    )


@pytest.mark.parametrize("alg", PRIVATE)
def test_private_keys_are_refused_in_every_form(alg: str) -> None:
    key = PRIVATE[alg]
    assert refusal_of_jwk(private_jwk_of(key)) == "private_key"
    assert refusal_of_text(json.dumps(private_jwk_of(key))) == "private_key"
    assert refusal_of_text(private_key_to_pem(key)) == "private_key"
    assert refusal_of_text(private_key_to_pem(key, b"password")) == "private_key"
    assert refusal_of_text(pem_of(PUBLIC[alg]) + private_key_to_pem(key)) == "private_key"
    if alg != "Ed25519":
        traditional = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
        assert refusal_of_text(traditional) == "private_key"


@pytest.mark.parametrize("member", ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"])
def test_any_private_member_is_enough(member: str) -> None:
    assert refusal_of_jwk({**jwk_of(PUBLIC["ES256"]), member: "AA"}) == "private_key"
    assert refusal_of_jwk({**jwk_of(PUBLIC["RS256"]), member: None}) == "private_key"


def test_symmetric_keys_are_refused_as_secrets() -> None:
    assert refusal_of_jwk({"kty": "oct", "k": "AAAA"}) == "private_key"
    assert refusal_of_jwk({"kty": "oct"}) == "private_key"


@pytest.mark.parametrize(
    ("alg", "changes", "check"),
    [
        ("ES256", {"kty": None}, "key.type"),
        ("ES256", {"kty": "ec"}, "key.type"),
        ("ES256", {"kty": ["EC"]}, "key.type"),
        ("ES256", {"kty": "AKP"}, "key.type"),
        ("ES256", {"crv": "secp256k1"}, "key.curve"),
        ("ES256", {"crv": "P-384"}, "key.length"),
        ("ES256", {"crv": ["P-256"]}, "key.curve"),
        ("Ed25519", {"crv": "X25519"}, "key.curve"),
        ("Ed25519", {"crv": "Ed448"}, "key.curve"),
        ("Ed25519", {"x": "AAAA"}, "key.length"),
        ("ES256", {"x": 1}, "key.member"),
        ("ES256", {"y": ""}, "key.member"),
        ("ES256", {"x": "AA"}, "key.length"),
        ("ES256", {"x": "AA=="}, "key.base64"),
        ("ES256", {"x": "A+/A"}, "key.base64"),
        ("ES256", {"x": "AB"}, "key.base64"),
        ("ES256", {"x": "é"}, "key.base64"),
        ("ES256", {"x": "A" * 43, "y": "A" * 43}, "key.invalid"),
        ("RS256", {"e": "AQ"}, "key.invalid"),
        ("RS256", {"e": "AAEAAQ"}, "key.length"),
        ("RS256", {"n": "A" * 2732}, "key.length"),
        ("RS256", {"n": "AQ"}, "key.invalid"),
        ("RS256", {"use": "enc"}, "key.use"),
        ("RS256", {"key_ops": ["sign"]}, "key.use"),
        ("RS256", {"key_ops": "verify"}, "key.use"),
    ],
)
def test_malformed_jwk(alg: str, changes: dict[str, Any], check: str) -> None:
    assert refusal_of_jwk({**jwk_of(PUBLIC[alg]), **changes}) == check


def test_jwk_point_off_the_curve() -> None:
    jwk = jwk_of(PUBLIC["ES256"])
    assert refusal_of_jwk({**jwk, "x": jwk["y"], "y": jwk["x"]}) == "key.invalid"


def test_jwk_coordinate_with_a_leading_zero_octet_keeps_it() -> None:
    while (key := public_key_for(generate_private_key("ES256"))).jwk["x"][:1] != "A":
        continue
    assert public_key_from_jwk(jwk_of(key)).spki_sha256 == key.spki_sha256


def test_jwk_text_with_duplicate_members() -> None:
    jwk = json.dumps(jwk_of(PUBLIC["ES256"]))
    assert refusal_of_text(jwk[:-1] + ', "kty": "RSA"}') == "key.duplicate_member"
    assert public_key_from_text(jwk).thumbprint == PUBLIC["ES256"].thumbprint


def test_pem_in_its_three_public_forms() -> None:
    key = PRIVATE["RS256"]
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a")])
    certificate = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    certificate = certificate.serial_number(1).not_valid_before(NOW).not_valid_after(NOW + timedelta(days=1))
    certificate_pem = certificate.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
    pkcs1 = key.public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1).decode()
    for pem in (pem_of(PUBLIC["RS256"]), pkcs1, certificate_pem, f"\n {pkcs1} \r\n", pkcs1.replace("\n", "\r\n")):
        assert public_key_from_pem(pem).spki_sha256 == PUBLIC["RS256"].spki_sha256


def test_pem_that_is_not_one_public_key() -> None:
    pem = pem_of(PUBLIC["ES256"])
    der = PUBLIC["ES256"].key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    pkcs1 = PUBLIC["RS256"].key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    assert refusal_of_text("") == "key.pem"
    assert refusal_of_text("ssh-ed25519 AAAA me@here") == "key.pem"
    assert refusal_of_text(pem + pem) == "key.pem_blocks"
    assert refusal_of_text(pem + "trailing") == "key.pem"
    assert refusal_of_text("Subject: me\n" + pem) == "key.pem"
    assert refusal_of_text(pem.replace("END PUBLIC", "END RSA PUBLIC")) == "key.pem"
    assert refusal_of_text(pem.replace("A", "", 1)) in ("key.pem", "key.invalid")
    assert refusal_of_text(block("PUBLIC KEY", der + b"\0")) == "key.invalid"
    assert refusal_of_text(block("PUBLIC KEY", der[:-1])) == "key.invalid"
    assert refusal_of_text(block("PUBLIC KEY", b"")) == "key.invalid"
    assert refusal_of_text(block("PUBLIC KEY", pkcs1)) == "key.invalid"
    assert refusal_of_text(block("RSA PUBLIC KEY", der)) == "key.invalid"
    assert refusal_of_text(block("CERTIFICATE REQUEST", der)) == "key.pem_label"
    assert refusal_of_text(block("PUBLIC KEY", b"\0" * 20_000)) == "key.size"


def test_pem_point_off_the_curve_and_at_infinity() -> None:
    spki = PUBLIC["ES256"].key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert refusal_of_text(block("PUBLIC KEY", spki[:-1] + bytes([spki[-1] ^ 1]))) == "key.invalid"
    infinity = bytes.fromhex("3019301306072a8648ce3d020106082a8648ce3d030107030200" + "00")
    assert refusal_of_text(block("PUBLIC KEY", infinity)) == "key.invalid"


def test_compressed_points_are_the_same_key() -> None:
    point = PRIVATE["ES256"].public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    spki = bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200") + point
    assert public_key_from_text(block("PUBLIC KEY", spki)).spki_sha256 == PUBLIC["ES256"].spki_sha256


@pytest.mark.parametrize("kind", ["secp256k1", "P-224", "X25519", "Ed448", "DSA"])
def test_kinds_of_keys_that_are_not_in_use(kind: str) -> None:
    make: dict[str, Callable[[], Any]] = {
        "secp256k1": lambda: ec.generate_private_key(ec.SECP256K1()),
        "P-224": lambda: ec.generate_private_key(ec.SECP224R1()),
        "X25519": x25519.X25519PrivateKey.generate,
        "Ed448": ed448.Ed448PrivateKey.generate,
        "DSA": lambda: dsa.generate_private_key(1024),
    }
    key = make[kind]()
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    assert refusal_of_text(pem) in ("key.curve", "key.type")


@pytest.mark.parametrize("alg", PRIVATE)
def test_private_keys_come_back_the_same(alg: str) -> None:
    key, spki = PRIVATE[alg], PUBLIC[alg].spki_sha256
    again = [
        private_key_from_pem(private_key_to_pem(key)),
        private_key_from_pem(private_key_to_pem(key, b"password"), b"password"),
        private_key_from_der(private_key_to_der(key)),
        private_key_from_jwk(private_jwk_of(key)),
    ]
    assert {public_key_for(one).spki_sha256 for one in again} == {spki}


def test_private_halves_must_belong_to_their_public_halves() -> None:
    for alg in ("ES256", "Ed25519"):
        other = private_jwk_of(generate_private_key(alg))
        with pytest.raises(KeyRefused):
            private_key_from_jwk({**private_jwk_of(PRIVATE[alg]), "d": other["d"]})


def test_a_wrong_password_is_refused_without_a_word_on_the_key() -> None:
    with pytest.raises(KeyRefused) as refused:
        private_key_from_pem(private_key_to_pem(PRIVATE["ES256"], b"right"), b"wrong")
    assert refused.value.evidence == {}


def test_a_signer_refuses_a_key_that_does_not_fit() -> None:
    with pytest.raises(KeyRefused) as refused:
        Signer("k", "ES256", PRIVATE["RS256"])
    assert refused.value.check == "key.alg"
    assert repr(Signer("k", "ES256", PRIVATE["ES256"])) == "Signer(kid='k', alg='ES256')"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=50), lambda inner: st.lists(inner, max_size=3)
)


@given(st.dictionaries(st.sampled_from(["kty", "crv", "x", "y", "n", "e", "use", "key_ops", "alg"]), JSON))
def test_any_jwk_is_read_or_refused(jwk: dict[str, Any]) -> None:
    for alg in PUBLIC:
        with suppress(KeyRefused):
            public_key_from_jwk({**jwk_of(PUBLIC[alg]), **jwk})


@given(st.text(max_size=200), st.binary(max_size=100), st.sampled_from(["PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE"]))
def test_any_text_is_read_or_refused(text: str, der: bytes, label: str) -> None:
    for candidate in (text, "{" + text, block(label, der)):
        with suppress(KeyRefused):
            public_key_from_text(candidate)
