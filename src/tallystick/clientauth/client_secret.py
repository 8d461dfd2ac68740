"""``client_secret_basic`` and ``client_secret_post``: a secret, in the header or in the body (RFC 6749 2.3.1)."""

from __future__ import annotations

from hmac import compare_digest

from ..clients.credential import Credential
from .method import ClientAuthenticationFailed, Evidence, Proof
from .presented import PresentedSecret

SECRET_CHARS_MAX = 1024
"""Beyond any secret of ours; a keyed hash of more would be work for nothing."""


def verify(evidence: Evidence) -> Proof:
    """The secret's keyed hash must equal that of a live secret of the client; every live one works."""
    shown = evidence.presented
    assert isinstance(shown, PresentedSecret)  # noqa: S101 - the table pairs the method with what was presented
    if len(shown.secret) > SECRET_CHARS_MAX:
        raise ClientAuthenticationFailed("client_secret.size")
    shown_hash = evidence.hasher.hash(shown.secret).encode()
    matching: Credential | None = None
    # No early exit: the time must not tell which secret, nor how many there are.
    for credential, registered_hash in evidence.registered.secrets:
        if compare_digest(shown_hash, registered_hash):
            matching = credential
    if matching is None:
        raise ClientAuthenticationFailed("client_secret.match", live=len(evidence.registered.secrets))
    if not matching.is_live(evidence.now_ms):
        raise ClientAuthenticationFailed("client_secret.life", credential_id=matching.id)
    return Proof(credential=matching)
