"""The user: one person's account."""

from __future__ import annotations

import msgspec

from ..live import LiveRecord
from ..records import Json

DATABASE_CONNECTION = "Username-Password-Authentication"
"""The one connection of a tenant: accounts kept here."""

ADMINISTRATORS = "administrators"
"""Where accounts are kept that administer: no application signs them in, and no API lists them."""


class User(LiveRecord, frozen=True, kw_only=True):
    """One account. ``user_id`` is ``auth0|`` and 24 hex digits unless an import named it (auth0.md 0)."""

    user_id: str
    connection: str = DATABASE_CONNECTION
    email: str
    """In lower case; unique in its connection."""
    username: str | None = None
    """In lower case; unique in its connection."""
    password_hash: str | None = None
    """As `users.passwords` writes it, or as it was imported; None for somebody who has passkeys alone."""
    email_verified: bool = False
    blocked: bool = False
    is_administrator: bool = False
    metadata: Json = msgspec.field(default_factory=dict)
    """Every other field of `users.fields` that has a value: the profile, ``user_metadata``, ``app_metadata``."""
    logins_count: int = 0
    last_login_ms: int | None = None
    last_ip: str | None = None
    password_changed_at_ms: int | None = None
    created_at_ms: int
    updated_at_ms: int
