"""The server's own key, as kept."""

from __future__ import annotations

from ..records import Record

CURRENT, NEXT, PREVIOUS = "current", "next", "previous"
SIGNING, ENCRYPTION = "sig", "enc"
"""``use`` of RFC 7517 4.2."""
ENCRYPTION_ALGS = ("RSA-OAEP-256", "ECDH-ES")
"""What others can encrypt to us with; a key for ECDH-ES serves all of its family (`jose.encryption_algorithms`)."""


class SigningKey(Record, frozen=True, kw_only=True):
    """One key of a tenant that it signs with, or that others encrypt to. Each algorithm has keys of its own: current,
    previous, and for signing the next."""

    kid: str
    alg: str
    """``RS256``, ``PS256``, ``ES256`` or ``Ed25519``; one of :data:`ENCRYPTION_ALGS`."""
    state: str
    """``current`` | ``next`` | ``previous``."""
    private_key_sealed: bytes
    """PKCS#8 DER, sealed under the master key (see `sealing`)."""
    certificate: str
    """A PEM certificate over the key, which signed it itself and is shown as Auth0 shows it; over a key for encryption,
    which signs nothing, one that only carries it."""
    created_at_ms: int
    current_since_ms: int | None = None
    current_until_ms: int | None = None
    revoked_at_ms: int | None = None

    @property
    def use(self) -> str:
        """``sig`` or ``enc``."""
        return ENCRYPTION if self.alg in ENCRYPTION_ALGS else SIGNING


def kind_of(key: SigningKey) -> str:
    """How people name it."""
    return "encryption" if key.use == ENCRYPTION else "signing"
