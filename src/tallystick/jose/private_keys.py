"""Private keys: made, read and written, for the server's own signing and for applications. Never logged or shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    load_pem_private_key,
)

from . import base64url
from .algorithms import ALGORITHMS, RSA_BITS_MAX, RSA_BITS_MIN
from .jwk import BITS, CURVES, number_of, octets_of, uint
from .keys import PublicKey, public_key_of
from .refusals import KeyRefused

AnyPrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
"""The private key objects of `cryptography` that this house uses."""


def generate_private_key(alg: str, *, rsa_bits: int = 2048) -> AnyPrivateKey:
    """A new key for a canonical algorithm name; ``rsa_bits`` counts for RSA only. KeyError for an unknown name."""
    entry = ALGORITHMS[alg]
    if entry.kty == "RSA":
        if not RSA_BITS_MIN <= rsa_bits <= RSA_BITS_MAX:
            raise KeyRefused(f"RSA keys have {RSA_BITS_MIN} to {RSA_BITS_MAX} bits.", check="key.rsa_size")
        return rsa.generate_private_key(65537, rsa_bits)
    if entry.crv in CURVES:
        return ec.generate_private_key(CURVES[entry.crv])
    return ed25519.Ed25519PrivateKey.generate()


def public_key_for(private_key: AnyPrivateKey) -> PublicKey:
    """The public half."""
    return public_key_of(private_key.public_key())


def private_key_from_pem(text: str, password: bytes | None = None) -> AnyPrivateKey:
    """Read PKCS#8, PKCS#1 or SEC1 PEM, encrypted or not. Raises :class:`KeyRefused`."""
    try:
        return _known(load_pem_private_key(text.encode(), password))
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        # The reason is left out: messages about a private key stay short.
        raise KeyRefused("This is not a private key that can be read.", check="key.invalid") from error


def private_key_from_der(der: bytes) -> AnyPrivateKey:
    """Read PKCS#8 DER that this program wrote and kept under seal, and nothing else. Raises :class:`KeyRefused`."""
    try:
        # The seal says that it is what we made, so its primes need no proof: that took 25 ms a key at every start.
        return _known(load_der_private_key(der, None, unsafe_skip_rsa_key_validation=True))
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyRefused("This is not a private key that can be read.", check="key.invalid") from error


def private_key_from_jwk(jwk: Mapping[str, Any]) -> AnyPrivateKey:
    """Read a private JWK (RFC 7518 6, RFC 8037). RSA needs all of p, q, dp, dq and qi. Raises :class:`KeyRefused`."""
    try:
        match jwk.get("kty"):
            case "RSA":
                return _rsa_from_jwk(jwk)
            case "EC" if jwk.get("crv") in CURVES:
                return _ec_from_jwk(jwk)
            case "OKP" if jwk.get("crv") == "Ed25519":
                return _okp_from_jwk(jwk)
    except ValueError as error:
        raise KeyRefused("This is not a valid private key.", check="key.invalid") from error
    raise KeyRefused("kty must be RSA, EC or OKP with a known curve.", check="key.type")


def private_jwk_of(key: AnyPrivateKey) -> dict[str, str]:
    """The key as a JWK with its private members."""
    jwk = dict(public_key_for(key).jwk)
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.private_numbers()
        parts = {"d": numbers.d, "p": numbers.p, "q": numbers.q}
        parts |= {"dp": numbers.dmp1, "dq": numbers.dmq1, "qi": numbers.iqmp}
        return jwk | {name: uint(number) for name, number in parts.items()}
    if isinstance(key, ec.EllipticCurvePrivateKey):
        octets = (key.curve.key_size + 7) // 8
        return jwk | {"d": base64url.encode(key.private_numbers().private_value.to_bytes(octets, "big"))}
    return jwk | {"d": base64url.encode(key.private_bytes_raw())}


def private_key_to_pem(key: AnyPrivateKey, password: bytes | None = None) -> str:
    """PKCS#8 PEM, encrypted when a password is given."""
    how: KeySerializationEncryption = NoEncryption() if password is None else BestAvailableEncryption(password)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how).decode("ascii")


def private_key_to_der(key: AnyPrivateKey) -> bytes:
    """PKCS#8 DER in the clear; for sealing."""
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _known(key: object) -> AnyPrivateKey:
    if not isinstance(key, AnyPrivateKey):
        raise KeyRefused("The key must be RSA, EC or Ed25519.", check="key.type")
    public_key_for(key)  # refuses curves that are not in use
    return key


def _rsa_from_jwk(jwk: Mapping[str, Any]) -> AnyPrivateKey:
    if "oth" in jwk:
        raise KeyRefused("RSA keys of more than two primes are not used.", check="key.type")
    public = rsa.RSAPublicNumbers(e=number_of(jwk, "e"), n=number_of(jwk, "n"))
    d, p, q, dp, dq, qi = (number_of(jwk, name) for name in ("d", "p", "q", "dp", "dq", "qi"))
    return rsa.RSAPrivateNumbers(p=p, q=q, d=d, dmp1=dp, dmq1=dq, iqmp=qi, public_numbers=public).private_key()


def _ec_from_jwk(jwk: Mapping[str, Any]) -> AnyPrivateKey:
    curve = CURVES[jwk["crv"]]
    octets = (BITS[jwk["crv"]] + 7) // 8
    x, y, d = (int.from_bytes(octets_of(jwk, name, length=octets), "big") for name in ("x", "y", "d"))
    return ec.EllipticCurvePrivateNumbers(d, ec.EllipticCurvePublicNumbers(x, y, curve)).private_key()


def _okp_from_jwk(jwk: Mapping[str, Any]) -> AnyPrivateKey:
    key = ed25519.Ed25519PrivateKey.from_private_bytes(octets_of(jwk, "d", length=32))
    # The public half must be the private half's: a signature under another one leaks the key.
    if key.public_key().public_bytes_raw() != octets_of(jwk, "x", length=32):
        raise KeyRefused("x does not belong to d.", check="key.invalid")
    return key
