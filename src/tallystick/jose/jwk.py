"""The members of a JWK: a public key object from them, and they from a key object (RFC 7518 6, RFC 8037 2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from . import base64url
from .refusals import KeyRefused

# RFC 7518 6.2.2, 6.3.2, 6.4, RFC 8037 2; "priv" is where ML-DSA keys keep theirs.
SECRET_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"})

CURVES: dict[str, ec.EllipticCurve] = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}
CURVE_NAMES = {curve.name: crv for crv, curve in CURVES.items()}
BITS = {"P-256": 256, "P-384": 384, "P-521": 521, "Ed25519": 256}
RSA_OCTETS_MAX = 2048
"""16384 bit: read, so that `jose.goodkey` can say how large is too large; not more."""


def from_members(jwk: Mapping[str, Any], use: str = "sig") -> object:
    """The public key object for ``use``, ``sig`` or ``enc``.

    :class:`KeyRefused`, or ValueError when the numbers make no key.
    """
    kty = jwk.get("kty")
    if kty == "oct" or not SECRET_MEMBERS.isdisjoint(jwk):
        raise KeyRefused(
            "This key has private or secret members. Send only the public ones, and consider the key exposed.",
            check="private_key",
        )
    read = _READERS.get(kty) if isinstance(kty, str) else None
    if read is None:
        raise KeyRefused("kty must be RSA, EC or OKP.", check="key.type")
    _check_use(jwk, use)
    return read(jwk)


def members_of(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey) -> dict[str, str]:
    """The required members of a public key, in lexicographic order (RFC 7638 3.2)."""
    if isinstance(key, rsa.RSAPublicKey):
        rsa_numbers = key.public_numbers()
        return {"e": uint(rsa_numbers.e), "kty": "RSA", "n": uint(rsa_numbers.n)}
    if isinstance(key, ed25519.Ed25519PublicKey):
        return {"crv": "Ed25519", "kty": "OKP", "x": base64url.encode(key.public_bytes(Encoding.Raw, PublicFormat.Raw))}
    crv = CURVE_NAMES[key.curve.name]
    numbers = key.public_numbers()
    octets = (BITS[crv] + 7) // 8
    x, y = (base64url.encode(number.to_bytes(octets, "big")) for number in (numbers.x, numbers.y))
    return {"crv": crv, "kty": "EC", "x": x, "y": y}


def uint(number: int) -> str:
    """Base64urlUInt (RFC 7518 2): big endian in as few octets as it takes."""
    return base64url.encode(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def octets_of(jwk: Mapping[str, Any], name: str, *, length: int | None = None) -> bytes:
    """The bytes of one member: canonical base64url, of exactly ``length`` octets when that is given."""
    text = jwk.get(name)
    if not isinstance(text, str) or not text:
        raise KeyRefused(f"The JWK needs a string {name}.", check="key.member", member=name)
    try:
        octets = base64url.decode(text)
    except ValueError as error:
        raise KeyRefused(f"{name} is not base64url without padding.", check="key.base64", member=name) from error
    if length is not None and len(octets) != length:
        # RFC 7518 6.2.1.2: leading zero octets are part of a coordinate.
        raise KeyRefused(f"{name} must have {length} octets.", check="key.length", member=name, octets=len(octets))
    return octets


def number_of(jwk: Mapping[str, Any], name: str) -> int:
    """A Base64urlUInt member; a leading zero octet is refused, since it would spell one key in two ways."""
    octets = octets_of(jwk, name)
    if len(octets) > RSA_OCTETS_MAX or octets[0] == 0:
        raise KeyRefused(f"{name} is too long or begins with zero.", check="key.length", member=name)
    return int.from_bytes(octets, "big")


_OPERATIONS = {"sig": frozenset({"verify"}), "enc": frozenset({"encrypt", "wrapKey", "deriveKey", "deriveBits"})}


def _check_use(jwk: Mapping[str, Any], use: str) -> None:
    # RFC 7517 4.2 and 4.3: a key for encryption does not verify signatures, and the other way round.
    wanted, operations = _OPERATIONS[use], jwk.get("key_ops")
    may = operations is None or (isinstance(operations, list) and any(name in wanted for name in map(str, operations)))
    if jwk.get("use", use) != use or not may:
        reason = f"use must be {use}, and key_ops must contain {' or '.join(sorted(wanted))}."
        raise KeyRefused(reason, check="key.use")


def _rsa(jwk: Mapping[str, Any]) -> object:
    return rsa.RSAPublicNumbers(e=number_of(jwk, "e"), n=number_of(jwk, "n")).public_key()


def _ec(jwk: Mapping[str, Any]) -> object:
    crv = jwk.get("crv")
    curve = CURVES.get(crv) if isinstance(crv, str) else None
    if curve is None:
        raise KeyRefused("crv must be P-256, P-384 or P-521.", check="key.curve")
    octets = (curve.key_size + 7) // 8
    x, y = (int.from_bytes(octets_of(jwk, name, length=octets), "big") for name in ("x", "y"))
    # `cryptography` refuses a point that is not on the curve (CVE-2020-0601 and invalid curve attacks).
    return ec.EllipticCurvePublicNumbers(x, y, curve).public_key()


def _okp(jwk: Mapping[str, Any]) -> object:
    if jwk.get("crv") != "Ed25519":
        raise KeyRefused("crv must be Ed25519.", check="key.curve")
    return ed25519.Ed25519PublicKey.from_public_bytes(octets_of(jwk, "x", length=32))


_READERS: dict[str, Callable[[Mapping[str, Any]], object]] = {"RSA": _rsa, "EC": _ec, "OKP": _okp}
