"""mTLS binding (RFC 8705 3): any certificate of the connection binds, registered or not."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from hmac import compare_digest
from typing import Any

from ..jose import base64url
from .binding import MTLS, Binding

CONFIRMATION_MEMBER = "x5t#S256"


def binding_of(peer_certificates: tuple[bytes, ...]) -> Binding | None:
    """The binding that the connection's certificate gives; None without one."""
    if not peer_certificates:
        return None
    thumbprint = base64url.encode(sha256(peer_certificates[0]).digest())
    return Binding(mechanism=MTLS, confirmation_member=CONFIRMATION_MEMBER, value=thumbprint)


def proves(confirmation: Mapping[str, Any], peer_certificates: tuple[bytes, ...]) -> bool:
    """Whether the connection proves possession of what a token's ``cnf`` names.

    Every member must be proven; one that is not known here is not.
    """
    shown = binding_of(peer_certificates)
    expected = confirmation.get(CONFIRMATION_MEMBER)
    if shown is None or not isinstance(expected, str) or len(confirmation) != 1:
        return False
    return compare_digest(shown.value.encode(), expected.encode())
