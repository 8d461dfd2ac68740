"""Metrics: counters whose labels come from our own tables, never from what a caller sent (attacks.md 50)."""

from __future__ import annotations

from functools import lru_cache

from prometheus_client import Counter

TOKEN_REQUESTS = Counter(
    "tallystick_token_requests_total",
    "Token requests by grant, client authentication method, outcome and the check that refused.",
    ("grant", "method", "outcome", "check"),
)


@lru_cache(maxsize=1024)
def token_requests(grant: str, method: str, outcome: str, check: str) -> Counter:
    """The counter for these labels; looked up once, since the library checks and locks at every look."""
    return TOKEN_REQUESTS.labels(grant, method, outcome, check)
