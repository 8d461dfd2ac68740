"""The client grant: which scopes of which API a client may get."""

from __future__ import annotations

import msgspec

from ..records import Json, Record


class ClientGrant(Record, frozen=True, kw_only=True):
    """One grant; unique per client, audience and ``subject_type`` (``client`` or ``user``)."""

    id: str
    client_id: str
    audience: str
    subject_type: str = "client"
    scope: list[str] = msgspec.field(default_factory=list)
    metadata: Json = msgspec.field(default_factory=dict)
    """The other fields of auth0.md 4.4 that have a value, such as ``allow_all_scopes``, ``organization_usage``."""
    is_system: bool = False
    created_at_ms: int
    updated_at_ms: int

    @property
    def allow_all_scopes(self) -> bool:
        """Whether the grant covers every scope the API has, now and later."""
        return bool(self.metadata.get("allow_all_scopes", False))

    @property
    def detail_types(self) -> tuple[str, ...]:
        """The types of authorization details that the client may ask for (RFC 9396)."""
        return tuple(self.metadata.get("authorization_details_types") or ())
