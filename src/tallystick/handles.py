"""Handles: random values that open something, such as codes, session cookies and mailed links, and how they are kept.

Whoever holds a handle has what it opens, so the database keeps a keyed hash of it alone: who steals the rows can
neither use them nor try a guess. A hash names its purpose, so that a handle of one kind never serves as another.
"""

from __future__ import annotations

import hmac
import secrets
import struct
from base64 import urlsafe_b64encode

HANDLE_BYTES = 32
HANDLE_CHARS = 43
"""256 bits as base64url without padding."""
_KEY_BYTES_MIN = 32


def new_handle() -> str:
    """A fresh handle: 43 characters of base64url, 256 random bits."""
    return secrets.token_urlsafe(HANDLE_BYTES)


class HandleHasher:
    """Hashes handles with HMAC-SHA256 under a key derived from the deployment's master key."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        """``key``: at least 32 secret bytes."""
        if len(key) < _KEY_BYTES_MIN:
            raise ValueError(f"the key of the handle hash needs {_KEY_BYTES_MIN} bytes")
        self._key = key

    def digest(self, purpose: str, *parts: str) -> str:
        """The keyed hash of the parts for one purpose: 43 characters of base64url. Every byte of every part counts."""
        message = b"".join(_with_length(part) for part in (purpose, *parts))
        return urlsafe_b64encode(hmac.digest(self._key, message, "sha256")).rstrip(b"=").decode("ascii")

    def matches(self, digest: str, purpose: str, *parts: str) -> bool:
        """Whether the parts have this hash, in constant time."""
        return hmac.compare_digest(self.digest(purpose, *parts).encode(), digest.encode("utf-8", "surrogatepass"))


def _with_length(part: str) -> bytes:
    # Each part with its length, so that none can slide into the next.
    encoded = part.encode("utf-8", "surrogatepass")
    return struct.pack(">I", len(encoded)) + encoded
