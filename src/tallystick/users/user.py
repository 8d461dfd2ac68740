"""The user: one person's account."""

from __future__ import annotations

import msgspec

from ..records import Json, Record

DATABASE_CONNECTION = "Username-Password-Authentication"


class User(Record, frozen=True, kw_only=True):
    """One account. ``user_id`` is ``auth0|`` and 24 hex digits (auth0.md 0)."""

    user_id: str
    connection: str = DATABASE_CONNECTION
    email: str
    password_hash: str | None = None
    """argon2id in its own encoding (see `users.passwords`)."""
    is_administrator: bool = False
    metadata: Json = msgspec.field(default_factory=dict)
    created_at_ms: int
    updated_at_ms: int
