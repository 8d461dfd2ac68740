"""The signature algorithms: one table, one entry each with everything that is known about it (RFC 7518 3.1, RFC 9864).

What is not in the table does not exist here: no HMAC (attacks.md 6: a public key must never serve as a secret), no
``none``, no encryption. `cryptography` does the work; the ECDSA entries translate between JWS's ``r || s`` and DER.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

RSA_BITS_MIN = 2048
"""RFC 7518 3.3 and 3.5: a key of 2048 bits or larger MUST be used."""
RSA_BITS_MAX = 8192
"""Ours: above it one verification costs milliseconds, which a stranger could make us spend (attacks.md 12)."""

Verify = Callable[[Any, bytes, bytes], bool]
"""(public key of `cryptography`, signing input, signature) → whether it holds. Never raises for a bad signature."""
Sign = Callable[[Any, bytes], bytes]
"""(private key of `cryptography`, signing input) → signature as JWS spells it."""


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One signature algorithm."""

    name: str
    """Canonical name, as in ``alg``."""
    kty: str
    crv: str | None
    hash_name: str | None
    """The hash, None where the algorithm brings its own."""
    bits_min: int
    bits_max: int
    verify: Verify
    sign: Sign

    def fits(self, kty: str, crv: str | None, bits: int) -> bool:
        """Whether a key of this type, curve and size may be used with the algorithm."""
        return kty == self.kty and crv == self.crv and self.bits_min <= bits <= self.bits_max


def _rsa(name: str, chosen: padding.AsymmetricPadding, hash_: hashes.HashAlgorithm) -> Algorithm:
    def verify(key: Any, signing_input: bytes, signature: bytes) -> bool:
        try:
            key.verify(signature, signing_input, chosen, hash_)
        except InvalidSignature:
            return False
        return True

    def sign(key: Any, signing_input: bytes) -> bytes:
        return bytes(key.sign(signing_input, chosen, hash_))

    return Algorithm(name, "RSA", None, hash_.name, RSA_BITS_MIN, RSA_BITS_MAX, verify, sign)


def _pss(hash_: hashes.HashAlgorithm) -> padding.PSS:
    # RFC 7518 3.5: MGF1 with the same hash, and a salt as long as the hash.
    return padding.PSS(padding.MGF1(hash_), hash_.digest_size)


def _ecdsa(name: str, crv: str, bits: int, hash_: hashes.HashAlgorithm) -> Algorithm:
    octets = (bits + 7) // 8
    scheme = ec.ECDSA(hash_)

    def verify(key: Any, signing_input: bytes, signature: bytes) -> bool:
        # RFC 7518 3.4: exactly two integers of the curve's length; anything shorter or longer is not a signature.
        if len(signature) != 2 * octets:
            return False
        r, s = int.from_bytes(signature[:octets], "big"), int.from_bytes(signature[octets:], "big")
        try:
            key.verify(encode_dss_signature(r, s), signing_input, scheme)
        except InvalidSignature:
            return False
        return True

    def sign(key: Any, signing_input: bytes) -> bytes:
        r, s = decode_dss_signature(key.sign(signing_input, scheme))
        return r.to_bytes(octets, "big") + s.to_bytes(octets, "big")

    return Algorithm(name, "EC", crv, hash_.name, bits, bits, verify, sign)


def _ed25519() -> Algorithm:
    def verify(key: Any, signing_input: bytes, signature: bytes) -> bool:
        try:
            key.verify(signature, signing_input)
        except InvalidSignature:
            return False
        return True

    def sign(key: Any, signing_input: bytes) -> bytes:
        return bytes(key.sign(signing_input))

    return Algorithm("Ed25519", "OKP", "Ed25519", None, 256, 256, verify, sign)


ALGORITHMS = {
    algorithm.name: algorithm
    for algorithm in (
        _rsa("RS256", padding.PKCS1v15(), hashes.SHA256()),
        _rsa("RS384", padding.PKCS1v15(), hashes.SHA384()),
        _rsa("RS512", padding.PKCS1v15(), hashes.SHA512()),
        _rsa("PS256", _pss(hashes.SHA256()), hashes.SHA256()),
        _rsa("PS384", _pss(hashes.SHA384()), hashes.SHA384()),
        _rsa("PS512", _pss(hashes.SHA512()), hashes.SHA512()),
        _ecdsa("ES256", "P-256", 256, hashes.SHA256()),
        _ecdsa("ES384", "P-384", 384, hashes.SHA384()),
        _ecdsa("ES512", "P-521", 521, hashes.SHA512()),
        _ed25519(),
    )
}
"""Canonical name → algorithm."""

# RFC 9864 gives Ed25519 a name of its own; RFC 8037's polymorphic "EdDSA" with an Ed25519 key is the same algorithm.
# Ed448 is not offered, so "EdDSA" can mean nothing else here.
HEADER_NAMES = {name: name for name in ALGORITHMS} | {"EdDSA": "Ed25519"}
"""Every spelling accepted in a header → canonical name. Discovery lists the keys of this table."""


def canonical_alg(name: object) -> str | None:
    """The canonical name for an ``alg`` value, exact case; None for what does not exist here."""
    return HEADER_NAMES.get(name) if isinstance(name, str) else None


def algorithms_for(kty: str, crv: str | None) -> tuple[str, ...]:
    """Canonical names of the algorithms that a key of this type and curve can serve."""
    return tuple(name for name, entry in ALGORITHMS.items() if (entry.kty, entry.crv) == (kty, crv))
