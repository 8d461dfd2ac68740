"""The signing key, as kept."""

from __future__ import annotations

from ..records import Record

CURRENT, NEXT, PREVIOUS = "current", "next", "previous"


class SigningKey(Record, frozen=True, kw_only=True):
    """One signing key of a tenant. Each algorithm has its own previous, current and next."""

    kid: str
    alg: str
    """``RS256``, ``PS256``, ``ES256`` or ``Ed25519``."""
    state: str
    """``current`` | ``next`` | ``previous``."""
    private_key_sealed: bytes
    """PKCS#8 DER, sealed under the master key (see `sealing`)."""
    certificate: str
    """A self-signed PEM certificate over the key, as Auth0 shows it."""
    created_at_ms: int
    current_since_ms: int | None = None
    current_until_ms: int | None = None
    revoked_at_ms: int | None = None
