"""The delivery: one application that still has to hear of a logout."""

from __future__ import annotations

from ..live import LiveRecord


class LogoutDelivery(LiveRecord, frozen=True, kw_only=True):
    """One logout token on its way (OpenID Connect Back-Channel Logout 1.0, 2.5)."""

    id: str
    issuer: str | None = None
    """As the ID token had it that began the session there, where it is not the tenant's own: a custom domain's."""
    client_id: str
    url: str
    session_id: str
    user_id: str
    attempts: int = 0
    last_error: str = ""
    next_attempt_at_ms: int
    """A worker that takes it moves this ahead first, so that no other does the same meanwhile."""
    created_at_ms: int
    purge_at_ms: int
