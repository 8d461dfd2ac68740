"""One-time values: what may be spent once, such as an assertion's `jti`, and the store that spends it.

A value is spent *last*, after everything else held, by one atomic insert. The key names tenant, purpose and
subject, so that no stranger can burn another's value (attacks.md 3, CVE-2026-4325).
"""

from __future__ import annotations

from hashlib import sha256
from typing import Protocol

import msgspec


class OneTimeValue(msgspec.Struct, frozen=True, kw_only=True):
    """A value that a successful request spends."""

    tenant_id: str
    purpose: str
    """What the value is for, such as ``client_assertion``; keeps uses of equal text apart."""
    subject: str
    """Whose value it is: the ``client_id``; for DPoP proofs the ``jkt``."""
    value: str
    expires_at_ms: int
    """When the bearer of this value is refused for its age alone, so that the row may go."""

    def key(self) -> bytes:
        """32 bytes that stand for all four parts; each with its length, so that none can slide into the next."""
        digest = sha256()
        for part in (self.tenant_id, self.purpose, self.subject, self.value):
            # A `jti` may hold lone surrogates (JSON escapes them): spend them like any other text.
            encoded = part.encode(errors="surrogatepass")
            digest.update(len(encoded).to_bytes(8, "big"))
            digest.update(encoded)
        return digest.digest()


class OneTimeStore(Protocol):
    """Spends one-time values. Spending survives a restart and holds across processes and nodes."""

    async def spend(self, value: OneTimeValue) -> bool:
        """True for exactly one caller per value, ever; durable before it returns."""
        ...
