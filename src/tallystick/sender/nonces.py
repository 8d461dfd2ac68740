"""Nonces for DPoP proofs (RFC 9449 8) that need no storage: whoever has the key knows its own.

A nonce is the minute it was made in and a MAC over it: every node with the key takes the nonces of every other, for the
realm they were made for, and nobody can make one ahead.
"""

from __future__ import annotations

import hmac

from ..jose import base64url

KEY_BYTES_MIN = 32
STEP_MS = 60_000
"""How long one nonce is handed out."""
STEPS_MAX = 5
"""How many steps ago the nonce of a proof may be."""
MAC_BYTES = 16


class Nonces:
    """Makes and recognises nonces."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        """``key``: at least 32 secret bytes, the same on every node."""
        if len(key) < KEY_BYTES_MIN:
            raise ValueError(f"the key of nonces needs {KEY_BYTES_MIN} bytes")
        self._key = key

    def current(self, realm: str, now_ms: int) -> str:
        """The nonce to hand out now: 27 characters of base64url. ``realm`` is whom it is for: a tenant, an API."""
        return self._made(realm, now_ms // STEP_MS)

    def is_current(self, nonce: str, realm: str, now_ms: int) -> bool:
        """Whether it is the one that is handed out now."""
        return self._is(nonce, realm, now_ms // STEP_MS)

    def is_fresh(self, nonce: str, realm: str, now_ms: int) -> bool:
        """Whether it was handed out for this realm within the last five minutes.

        A node whose clock is ahead may have done so a step from now.
        """
        step = _step_of(nonce)
        if step is None or not -1 <= now_ms // STEP_MS - step <= STEPS_MAX:
            return False
        return self._is(nonce, realm, step)

    def _is(self, nonce: str, realm: str, step: int) -> bool:
        return hmac.compare_digest(self._made(realm, step).encode(), nonce.encode("utf-8", "surrogatepass"))

    def _made(self, realm: str, step: int) -> str:
        moment = step.to_bytes(4, "big")
        mac = hmac.digest(self._key, moment + realm.encode(), "sha256")
        return base64url.encode(moment + mac[:MAC_BYTES])


def _step_of(nonce: str) -> int | None:
    """The step it says it is of; None for what is no nonce of ours."""
    try:
        decoded = base64url.decode(nonce)
    except ValueError:
        return None
    return int.from_bytes(decoded[:4], "big")
