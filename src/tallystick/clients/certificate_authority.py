"""The certificate authority: an anchor that client certificates of this tenant may chain to."""

from __future__ import annotations

import msgspec

from ..records import Record


class CertificateAuthority(Record, frozen=True, kw_only=True):
    """One registered authority. Trust is in its *key*, not in its name (attacks.md 22)."""

    id: str
    name: str
    pem: str
    intermediates: list[str] = msgspec.field(default_factory=list)
    """PEM certificates that help to build a chain to this authority; never anchors themselves."""
    subject: str
    thumbprint_sha256: str
    key_sha256: str
    not_before_ms: int
    not_after_ms: int
    created_at_ms: int
