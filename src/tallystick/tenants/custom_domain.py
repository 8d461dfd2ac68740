"""The custom domain: a host name of the tenant's own choice, served by a proxy that the tenant runs (auth0.md 4.8)."""

from __future__ import annotations

import msgspec

from ..records import Json, Record

PENDING, READY, FAILED = "pending_verification", "ready", "failed"


class CustomDomain(Record, frozen=True, kw_only=True):
    """One custom domain. The hosts that lead to it are rows of `TenantHost`, made when it is verified."""

    custom_domain_id: str
    """``cd_`` and 16 characters."""
    domain: str
    type: str
    """``self_managed_certs`` or ``auth0_managed_certs``."""
    status: str = PENDING
    is_default: bool = False
    origin_domain_name: str | None = None
    """The ``Host`` by which the proxy forwards; known once the domain is verified."""
    cname_api_key_hash: str | None = None
    """SHA-256, hex, of the 512 random bits by which the proxy proves itself; they are shown once and kept nowhere."""
    metadata: Json = msgspec.field(default_factory=dict)
    """The other members of auth0.md 4.8 that have a value, in the wire's spelling and shape."""
    created_at_ms: int
    updated_at_ms: int
