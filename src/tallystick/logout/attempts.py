"""What becomes of a delivery after an attempt: done, tried again, or given up. Pure."""

from __future__ import annotations

from msgspec.structs import replace

from .delivery import LogoutDelivery
from .endings import DELIVERY_LIFE_MS

LEASE_MS = 60_000
"""How long a delivery is nobody else's while one worker sends it; more than the guarded client ever takes."""
PAUSES_S = (5, 30, 120, 600, 1_800, 3_600)
"""Between attempts; the last one again and again, until a day is over."""
REFUSED = 400
"""Back-Channel Logout 2.8: the application says that this token is not one it takes. Another like it would not be."""


def taken(delivery: LogoutDelivery, now_ms: int) -> LogoutDelivery:
    """The delivery in the hands of one worker; comes up again by itself when that worker dies."""
    return replace(delivery, attempts=delivery.attempts + 1, next_attempt_at_ms=now_ms + LEASE_MS)


def is_done(status: int) -> bool:
    """2.8: 200; 204 from those who have nothing to say."""
    return 200 <= status < 300


def after_failure(delivery: LogoutDelivery, problem: str, now_ms: int, *, is_final: bool) -> LogoutDelivery | None:
    """The delivery with its next attempt; None when there is no other."""
    pause_ms = PAUSES_S[min(delivery.attempts, len(PAUSES_S)) - 1] * 1_000
    next_ms = now_ms + pause_ms
    if is_final or next_ms > delivery.created_at_ms + DELIVERY_LIFE_MS:
        return None
    return replace(delivery, last_error=problem, next_attempt_at_ms=next_ms)
