"""The consent: what a person lets an application do. The Management API and auth0.md 4.9 call it a grant."""

from __future__ import annotations

from ..live import LiveRecord


class Consent(LiveRecord, frozen=True, kw_only=True):
    """Scopes of one API, or of the person's own profile, that a person granted an application."""

    id: str
    user_id: str
    client_id: str
    audience: str
    """The API's identifier; the tenant's userinfo URL for what is about the person alone."""
    scope: list[str]
    created_at_ms: int
    updated_at_ms: int
