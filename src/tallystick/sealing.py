"""Sealing: what must be read back is kept encrypted under the master key, bound to where it belongs.

One master key of 32 bytes; every use derives a key of its own from it (RFC 5869), so that no two uses share a key.
AES-256-GCM with a random 96-bit nonce (NIST SP 800-38D 8.2.2); the context goes in as additional data, so that a sealed
value moved to another tenant, key or purpose does not open.
"""

from __future__ import annotations

import os
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MASTER_KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
VERSION = b"\x01"
"""First byte of everything sealed; part of what is authenticated."""


class SealBroken(Exception):
    """It does not open: tampered with, cut short, of another place, or sealed under another master key."""


def derive(master_key: bytes, purpose: str) -> bytes:
    """The 32-byte key for one purpose, by HKDF-SHA256 (RFC 5869); ValueError unless the master key has 32 bytes."""
    if len(master_key) != MASTER_KEY_BYTES:
        raise ValueError(f"the master key must have {MASTER_KEY_BYTES} bytes")
    if not purpose:
        raise ValueError("a derived key needs a purpose")
    # RFC 5869 3.1: without a salt is fine here, because the input is already uniformly random.
    return HKDF(SHA256(), 32, salt=None, info=b"tallystick\x00" + purpose.encode()).derive(master_key)


class Sealer:
    """Seals and opens values for one purpose. ``context`` says where a value belongs, such as tenant and kid."""

    __slots__ = ("_aead", "_purpose")

    def __init__(self, master_key: bytes, purpose: str) -> None:
        self._purpose = purpose
        self._aead = AESGCM(derive(master_key, f"seal/{purpose}"))

    def __repr__(self) -> str:
        return f"Sealer({self._purpose!r})"

    def seal(self, secret: bytes, *context: str) -> bytes:
        """``secret``, encrypted: version, nonce, ciphertext and tag."""
        nonce = os.urandom(NONCE_BYTES)
        return VERSION + nonce + self._aead.encrypt(nonce, secret, self._bound(context))

    def open(self, sealed: bytes, *context: str) -> bytes:
        """What was sealed with the same context; raises :class:`SealBroken`."""
        if len(sealed) < len(VERSION) + NONCE_BYTES + TAG_BYTES or not sealed.startswith(VERSION):
            raise SealBroken(f"a sealed {self._purpose} is cut short or of an unknown version")
        nonce, encrypted = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        try:
            return self._aead.decrypt(nonce, encrypted, self._bound(context))
        except InvalidTag:
            raise SealBroken(f"a sealed {self._purpose} does not open with this master key") from None

    def _bound(self, context: tuple[str, ...]) -> bytes:
        # Each part with its length, so that ("ab", "c") and ("a", "bc") are different places.
        parts = [part.encode() for part in (self._purpose, *context)]
        return VERSION + b"".join(struct.pack(">I", len(part)) + part for part in parts)
