"""A JWT that its application has withdrawn before its time: the one thing that we keep of such a token."""

from __future__ import annotations

from ..live import LiveRecord


class RevokedToken(LiveRecord, frozen=True, kw_only=True):
    """One withdrawn access token; of a person's tokens the family is withdrawn instead."""

    token_hash: str
    """Base64url SHA-256 of the signing input: a signature can be rewritten so that it still holds."""
    client_id: str
    status_list: int | None = None
    """Its place in the published lists (draft-ietf-oauth-status-list), where it has one."""
    status_index: int | None = None
    revoked_at_ms: int
    purge_at_ms: int
    """When the token is over by itself."""
