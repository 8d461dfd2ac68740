"""Client secrets: made strong, kept as a fast keyed hash, compared in constant time.

A generated secret holds 384 bits, so a slow hash would add nothing but a way to keep us busy (attacks.md 16). The key
of the hash lies outside the database: who steals the rows alone cannot even try a guess.
"""

from __future__ import annotations

import hmac
import secrets

SECRET_CHARS_MIN = 32
"""A secret chosen by people: long enough to hold 128 bits however it is encoded."""
SECRET_CHARS_MAX = 512
DISTINCT_CHARS_MIN = 10
"""A random secret of 32 hex digits has fewer than ten different ones about once in five hundred thousand."""
_GENERATED_BYTES = 48  # 64 characters of base64url
_PURPOSE = b"tallystick client secret hash v1"


CHOSEN_SECRET = {"minLength": SECRET_CHARS_MIN, "maxLength": SECRET_CHARS_MAX, "pattern": "^[!-~]*$"}
"""What JSON Schema can say of :func:`check_chosen_secret`."""


def generate_secret() -> str:
    """A fresh secret: 64 characters of ``[A-Za-z0-9_-]``, 384 bits."""
    return secrets.token_urlsafe(_GENERATED_BYTES)


def check_chosen_secret(secret: str) -> None:
    """Whether a secret that somebody chose can stand beside generated ones; raises ValueError with the reason."""
    if not SECRET_CHARS_MIN <= len(secret) <= SECRET_CHARS_MAX:
        raise ValueError(f"A client secret has {SECRET_CHARS_MIN} to {SECRET_CHARS_MAX} characters")
    # RFC 6749 A.2: VSCHAR; the space is left out, since forms and shells lose it.
    if not all("!" <= char <= "~" for char in secret):
        raise ValueError("A client secret consists of visible ASCII characters")
    if len(set(secret)) < DISTINCT_CHARS_MIN:
        raise ValueError("This client secret is too easy to guess; use random characters")


class SecretHasher:
    """Hashes client secrets with HMAC-SHA256 under a key derived from the deployment's master key."""

    def __init__(self, key: bytes) -> None:
        """``key``: at least 32 secret bytes; what is kept is derived from it for this one purpose."""
        if len(key) < 32:
            raise ValueError("the key of the secret hash needs 32 bytes")
        self._key = hmac.digest(key, _PURPOSE, "sha256")

    def hash(self, secret: str) -> str:
        """The keyed hash, 64 hex digits. Every byte of the secret counts; nothing is cut off."""
        return hmac.digest(self._key, secret.encode("utf-8", "surrogatepass"), "sha256").hex()

    def matches(self, secret: str, secret_hash: str) -> bool:
        """Whether ``secret`` has this hash, in constant time."""
        return hmac.compare_digest(self.hash(secret).encode(), secret_hash.encode())
