"""The ticket: what a mailed link opens, once: a new password, a proven address."""

from __future__ import annotations

import msgspec

from ..live import LiveRecord
from ..records import Json

CHANGE_PASSWORD, VERIFY_EMAIL = "change_password", "verify_email"


class Ticket(LiveRecord, frozen=True, kw_only=True):
    """One link. The link holds a handle; here is its hash (see `handles`)."""

    ticket_hash: str
    purpose: str
    """:data:`CHANGE_PASSWORD` or :data:`VERIFY_EMAIL`."""
    user_id: str
    data: Json = msgspec.field(default_factory=dict)
    """``email`` it is about, ``result_url``, ``client_id``, ``mark_email_as_verified``, ``pending_id`` …"""
    created_at_ms: int
    expires_at_ms: int
    purge_at_ms: int
