"""Metrics: counters whose labels come from our own tables, never from what a caller sent (attacks.md 50)."""

from __future__ import annotations

from prometheus_client import Counter

TOKEN_REQUESTS = Counter(
    "tallystick_token_requests_total",
    "Token requests by grant, client authentication method, outcome and the check that refused.",
    ("grant", "method", "outcome", "check"),
)
