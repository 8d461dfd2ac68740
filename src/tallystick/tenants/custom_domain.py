"""The custom domain: a host name of the tenant's own choice, served by a proxy that the tenant runs (auth0.md 4.8)."""

from __future__ import annotations

import msgspec

from ..records import Json, Record

PENDING, READY = "pending_verification", "ready"
SELF_MANAGED, MANAGED = "self_managed_certs", "auth0_managed_certs"


class PreviousKey(msgspec.Struct, frozen=True, kw_only=True):
    """The key that was rotated out, and how long proxies may go on with it."""

    sha256: str
    until_ms: int


class Verification(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What proves the domain, and how the last look for it went."""

    record: str
    """What the TXT record must say."""
    status: str = "pending"
    """``pending``, ``verified`` or ``failed``."""
    error_msg: str | None = None
    last_verified_at_ms: int | None = None


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
    """Members of auth0.md 4.8 that were set, in the wire's shape; and what `Verification`, `PreviousKey` say."""
    created_at_ms: int
    updated_at_ms: int

    @property
    def is_ready(self) -> bool:
        """Whether it was verified: only then a host leads to it."""
        return self.status == READY

    @property
    def verification(self) -> Verification:
        """How its verification stands."""
        return msgspec.convert(self.metadata["verification"], Verification)

    @property
    def client_ip_header(self) -> str | None:
        """The header in which its proxy names the client's address; None when nothing was set."""
        return self.metadata.get("custom_client_ip_header") or None

    @property
    def previous_key(self) -> PreviousKey | None:
        """The key before the last rotation."""
        kept = self.metadata.get("previous_key")
        return None if kept is None else msgspec.convert(kept, PreviousKey)
