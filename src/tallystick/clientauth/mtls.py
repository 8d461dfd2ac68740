"""What both mTLS methods share: the certificate that the client showed in the handshake of this connection.

Possession of its key was proven by the handshake; here it is only read. The leaf alone is the client's identity
(attacks.md 21, CVE-2023-2422); the rest of the chain can help to reach an anchor.
"""

from __future__ import annotations

from ..certs.certificate import Certificate, certificate_from_der
from ..errors import Refused
from .method import ClientAuthenticationFailed, Evidence


def shown_leaf(evidence: Evidence) -> Certificate:
    """The certificate that must be the client's."""
    if not evidence.peer_certificates:
        raise ClientAuthenticationFailed("mtls.certificate_missing")
    return _read(evidence.peer_certificates[0])


def shown_intermediates(evidence: Evidence) -> list[Certificate]:
    """What the client showed beside its own certificate; unreadable ones refuse the whole."""
    return [_read(der) for der in evidence.peer_certificates[1:]]


def _read(der: bytes) -> Certificate:
    try:
        return certificate_from_der(der)
    except Refused as refusal:
        raise ClientAuthenticationFailed(refusal.check, **refusal.evidence) from None
