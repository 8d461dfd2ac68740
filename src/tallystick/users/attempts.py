"""Failed attempts: what brute-force protection counts, per account and per address."""

from __future__ import annotations

from ..live import LiveRecord


class FailedAttempts(LiveRecord, frozen=True, kw_only=True):
    """How often something was tried in vain lately."""

    subject: str
    """What is counted, such as ``account:…`` or ``address:…``; a hash where the value is a stranger's text."""
    count: int
    first_at_ms: int
    last_at_ms: int
    blocked_until_ms: int | None = None
    purge_at_ms: int
