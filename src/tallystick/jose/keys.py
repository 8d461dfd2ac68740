"""Public keys: read from what people register, described once, and refused when they are not what they should be.

Whether a key is *good enough* (sizes, exponents, known weaknesses) is asked in `jose.goodkey`; whether it fits an
algorithm, in `jose.algorithms`. Here: is it one public key of a known type, well formed, and on its curve?
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from . import base64url
from .jwk import BITS, CURVE_NAMES, from_members, members_of
from .pem import TEXT_CHARS_MAX, read_block
from .refusals import KeyRefused
from .strict_json import JsonRefused, decode_object

AnyPublicKey = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey
"""The key objects of `cryptography` that this house uses."""


@dataclass(frozen=True, slots=True, eq=False)
class PublicKey:
    """One public key. Equal keys have equal ``spki_sha256``, whatever they were wrapped in."""

    kty: str
    """``RSA``, ``EC`` or ``OKP``."""
    crv: str | None
    """``P-256``, ``P-384``, ``P-521``, ``Ed25519``; None for RSA."""
    bits: int
    """Size of the modulus or of the curve."""
    key: AnyPublicKey = field(repr=False)
    jwk: dict[str, str] = field(repr=False)
    """The required public members alone, in RFC 7638's order."""
    thumbprint: str
    """JWK thumbprint (RFC 7638), base64url SHA-256."""
    spki_sha256: str
    """base64url SHA-256 of the DER SubjectPublicKeyInfo, as encoded by us, so that no wrapping changes it."""


def public_key_of(key: object) -> PublicKey:
    """Describe a key object of `cryptography`; unused kinds raise :class:`KeyRefused`: ``key.type``, ``key.curve``."""
    if isinstance(key, RSAPublicKey):
        kty, crv, bits = "RSA", None, key.key_size
    elif isinstance(key, EllipticCurvePublicKey):
        kty, crv = "EC", CURVE_NAMES.get(key.curve.name)
        if crv is None:
            raise KeyRefused("The curve must be P-256, P-384 or P-521.", check="key.curve", curve=key.curve.name)
        bits = BITS[crv]
    elif isinstance(key, Ed25519PublicKey):
        kty, crv, bits = "OKP", "Ed25519", BITS["Ed25519"]
    else:
        raise KeyRefused("The key must be RSA, EC or Ed25519.", check="key.type")
    jwk = members_of(key)
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return PublicKey(
        kty=kty,
        crv=crv,
        bits=bits,
        key=key,
        jwk=jwk,
        # RFC 7638 3: the required members in lexicographic order, without white space.
        thumbprint=_sha256(msgspec.json.encode(jwk, order="sorted")),
        spki_sha256=_sha256(spki),
    )


def jwk_of(public_key: PublicKey) -> dict[str, str]:
    """A fresh JWK with the required public members; add ``kid``, ``alg`` and ``use`` as needed."""
    return dict(public_key.jwk)


def pem_of(public_key: PublicKey) -> str:
    """The key as PEM SubjectPublicKeyInfo."""
    return public_key.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def public_key_from_jwk(jwk: Mapping[str, Any], *, use: str = "sig") -> PublicKey:
    """Read a JWK (RFC 7517, RFC 7518 6, RFC 8037). Raises :class:`KeyRefused`.

    ``alg``, ``kid`` and other optional members are the caller's; ``use`` and ``key_ops``, where they are there, must
    allow verification, or encryption where ``use`` is ``enc``.
    """
    return public_key_of(_loaded(lambda: from_members(jwk, use)))


def public_key_from_pem(text: str) -> PublicKey:
    """Read one PEM block: SPKI, PKCS#1 or an X.509 certificate, of which only the key is looked at.

    Raises :class:`KeyRefused`. The certificate's dates and names are `certs`' and the caller's business.
    """
    label, der = read_block(text)
    load = _LOADERS.get(label)
    if load is None:
        raise KeyRefused("The PEM block must be a public key or a certificate.", check="key.pem_label", label=label)
    return public_key_of(_loaded(lambda: load(der)))


def public_key_from_text(text: str) -> PublicKey:
    """Read PEM, or a JWK as JSON text; duplicate members are refused."""
    if len(text) > TEXT_CHARS_MAX:
        raise KeyRefused("This is too long for a key.", check="key.size")
    if not text.lstrip().startswith("{"):
        return public_key_from_pem(text)
    try:
        jwk = decode_object(text.encode())
    except (JsonRefused, UnicodeEncodeError) as error:
        check = error.check if isinstance(error, JsonRefused) else "json"
        raise KeyRefused("The JWK is not acceptable JSON.", check=f"key.{check}") from error
    return public_key_from_jwk(jwk)


def _loaded(load: Callable[[], object]) -> object:
    """What ``load`` answers, with the many ways of `cryptography` to refuse told in one."""
    try:
        return load()
    except KeyRefused:
        raise
    except (ValueError, TypeError, OverflowError, UnsupportedAlgorithm, x509.InvalidVersion, Warning) as error:
        # Points off the curve and at infinity, explicit curve parameters, broken or trailing DER end here.
        raise KeyRefused("This is not a valid key.", check="key.invalid", reason=str(error)[:200]) from error


def _spki(der: bytes) -> object:
    key = load_der_public_key(der)
    if not der.startswith(b"\x30") or _is_pkcs1(der):
        raise ValueError("PKCS#1 under the label of SPKI")
    return key


def _pkcs1(der: bytes) -> object:
    if not _is_pkcs1(der):
        raise ValueError("not PKCS#1")
    return load_der_public_key(der)


def _is_pkcs1(der: bytes) -> bool:
    """Whether a DER SEQUENCE begins with an INTEGER (PKCS#1) rather than another SEQUENCE (SPKI)."""
    header_bytes = 2 + (der[1] & 0x7F if len(der) > 1 and der[1] & 0x80 else 0)
    return der[header_bytes : header_bytes + 1] == b"\x02"


_LOADERS: dict[str, Callable[[bytes], object]] = {
    "PUBLIC KEY": _spki,
    "RSA PUBLIC KEY": _pkcs1,
    "CERTIFICATE": lambda der: x509.load_der_x509_certificate(der).public_key(),
}


def _sha256(data: bytes) -> str:
    return base64url.encode(sha256(data).digest())
