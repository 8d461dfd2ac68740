"""The opaque access token: a handle whose claims only we know, so that it is over the moment it is revoked."""

from __future__ import annotations

from ..live import LiveRecord
from ..records import Json


class OpaqueToken(LiveRecord, frozen=True, kw_only=True):
    """What an opaque token stands for."""

    token_hash: str
    """What the database keeps of it (see `handles`)."""
    client_id: str
    grant_id: str | None = None
    """The family of a person's token."""
    claims: Json
    """What a JWT in its place would say; of an encrypted one that is kept to be revoked its audience, its place,
    and the hash of the JWT within."""
    created_at_ms: int
    expires_at_ms: int
    purge_at_ms: int
