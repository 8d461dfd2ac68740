"""mTLS binding (RFC 8705 3): any certificate of the connection binds, registered or not."""

from __future__ import annotations

from hashlib import sha256

from ..jose import base64url
from .binding import MTLS, Binding


def binding_of(peer_certificates: tuple[bytes, ...]) -> Binding | None:
    """The binding that the connection's certificate gives; None without one."""
    if not peer_certificates:
        return None
    thumbprint = base64url.encode(sha256(peer_certificates[0]).digest())
    return Binding(mechanism=MTLS, value=thumbprint)
