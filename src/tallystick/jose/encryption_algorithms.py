"""The encryption algorithms: one table for keys (``alg``), one for contents (``enc``) (RFC 7518 4.1 and 5.1).

What is not in a table does not exist here: no ``dir``, no ``A*KW`` and no ``PBES2``, for they need a secret that both
know and the last lets a stranger choose how long we compute (CVE-2022-36083); no ``RSA1_5``, whose padding answers
guesses (RFC 8017 7.2); no compression. joserfc does the work (decision 0004), through a registry of our own in which
nothing but these tables is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from joserfc.jwa import JWE_ALG_MODELS, JWE_ENC_MODELS, JWEKeyEncryption
from joserfc.jwe import JWERegistry, Recipient

from .algorithms import RSA_BITS_MAX, RSA_BITS_MIN

ECDH_ES = "ECDH-ES"
ECDH_CURVES = ("P-256", "P-384", "P-521")
"""Of RFC 7518 6.2.1.1. X25519 (RFC 8037 3.2) is left out: nobody asks for it, and it would be a key type more."""


@dataclass(frozen=True, slots=True)
class KeyAlgorithm:
    """How the content encryption key reaches the recipient."""

    name: str
    kty: str
    curves: tuple[str | None, ...]
    bits_min: int
    bits_max: int

    def fits(self, kty: str, crv: str | None, bits: int) -> bool:
        """Whether a key of this type, curve and size may be used with the algorithm."""
        return kty == self.kty and crv in self.curves and self.bits_min <= bits <= self.bits_max

    @property
    def is_agreement(self) -> bool:
        """Whether the sender puts a public key of his own (``epk``) into the header (RFC 7518 4.6)."""
        return self.kty == "EC"


@dataclass(frozen=True, slots=True)
class ContentEncryption:
    """How the content is encrypted and kept from changing."""

    name: str
    iv_bytes: int
    tag_bytes: int


def _rsa(name: str) -> KeyAlgorithm:
    return KeyAlgorithm(name, "RSA", (None,), RSA_BITS_MIN, RSA_BITS_MAX)


def _ecdh(name: str) -> KeyAlgorithm:
    return KeyAlgorithm(name, "EC", ECDH_CURVES, 256, 521)


_OAEP_HASHES: dict[str, hashes.HashAlgorithm] = {
    # SHA-1 here only spreads bits; no collision of it helps anybody (RFC 8017 B.1). It is what many clients know.
    "RSA-OAEP": hashes.SHA1(),  # noqa: S303 - the algorithm's own definition, RFC 7518 4.3
    "RSA-OAEP-256": hashes.SHA256(),
    # Registered by Web Cryptography; Auth0's token_encryption has them.
    "RSA-OAEP-384": hashes.SHA384(),
    "RSA-OAEP-512": hashes.SHA512(),
}
_AGREEMENTS = (ECDH_ES, f"{ECDH_ES}+A128KW", f"{ECDH_ES}+A192KW", f"{ECDH_ES}+A256KW")

KEY_ALGS = {entry.name: entry for entry in (*map(_rsa, _OAEP_HASHES), *map(_ecdh, _AGREEMENTS))}
"""``alg`` → what is known about it."""
CONTENT_ENCS = {
    entry.name: entry
    for entry in (
        ContentEncryption("A128CBC-HS256", 16, 16),
        ContentEncryption("A192CBC-HS384", 16, 24),
        ContentEncryption("A256CBC-HS512", 16, 32),
        ContentEncryption("A128GCM", 12, 16),
        ContentEncryption("A192GCM", 12, 16),
        ContentEncryption("A256GCM", 12, 16),
    )
}
"""``enc`` → what is known about it."""
DEFAULT_ENC = "A128CBC-HS256"
"""What OpenID Connect means where ``…_encrypted_response_enc`` is left out (Dynamic Registration 2)."""


def algs_of(key_alg: str) -> tuple[str, ...]:
    """The ``alg`` values that a key registered for ``key_alg`` serves: a key for ECDH-ES serves the whole family.

    RFC 7518 4.6 derives another key for each of them, so one key for all is no key with two purposes.
    """
    return _AGREEMENTS if key_alg == ECDH_ES else (key_alg,)


class _Oaep(JWEKeyEncryption):
    """RSAES-OAEP that answers a broken encrypted key with a wrong one, as RFC 7516 11.5 wants it.

    Then the content decides in every case, after the same work, and with the same words.
    """

    def __init__(self, name: str, hashing: hashes.HashAlgorithm) -> None:
        self.name = name
        self.key_types = ["RSA"]
        self.description = f"RSAES OAEP with {hashing.name} and MGF1 with {hashing.name}"
        self._padding = padding.OAEP(padding.MGF1(hashing), hashing, None)

    def encrypt_cek(self, cek: bytes, recipient: Recipient[Any]) -> bytes:
        return bytes(recipient.recipient_key.get_op_key("encrypt").encrypt(cek, self._padding))  # type: ignore[union-attr]

    def decrypt_cek(self, recipient: Recipient[Any]) -> bytes:
        try:
            return bytes(recipient.recipient_key.get_op_key("decrypt").decrypt(recipient.encrypted_key, self._padding))  # type: ignore[union-attr]
        except ValueError:
            return b""  # joserfc puts random octets in the place of a key whose length is wrong


class Registry(JWERegistry):
    """joserfc's registry with our tables and nothing else; `jose.jwe` has checked header and sizes before."""

    algorithms = {  # noqa: RUF012 - as joserfc declares it
        "alg": {model.name: model for model in JWE_ALG_MODELS if model.name in _AGREEMENTS},
        "enc": {model.name: model for model in JWE_ENC_MODELS if model.name in CONTENT_ENCS},
        "zip": {},
    }
    algorithms["alg"] |= {name: _Oaep(name, hashing) for name, hashing in _OAEP_HASHES.items()}
    max_protected_header_length = 8192
    max_encrypted_key_length = 8192
    max_ciphertext_length = 1 << 20

    def __init__(self) -> None:
        # A sender may replicate claims into the header (RFC 7519 5.3): unknown members are ignored, as RFC 7516 4 says.
        super().__init__(algorithms=(*KEY_ALGS, *CONTENT_ENCS), strict_check_header=False)
        self.header_registry = {}


REGISTRY = Registry()
