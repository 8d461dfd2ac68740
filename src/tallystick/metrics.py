"""What is counted, in one table; and counting that costs the token path next to nothing.

A label's value comes from our own tables and constants, never from what a caller sent (attacks.md 50, CVE-2026-16100),
and no label names a tenant, an application or a credential: nobody bounds how many there are. As a second lock, a
metric takes only :data:`SERIES_MAX` combinations; whatever comes after is counted under ``other``.

An event adds to plain numbers in memory, which are handed over every :data:`HAND_OVER_S` to the files that all workers
share: that costs an eighth of counting there at once. A worker that is killed takes with it what it has counted since.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from typing import Any

from prometheus_client import Counter, Gauge, Histogram

HAND_OVER_S = 0.5
SERIES_MAX = 2_000
OTHER = "other"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
ITEMS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)

Labels = tuple[str, ...]


class Counted:
    """A counter. Belongs to one event loop."""

    def __init__(self, name: str, text: str, *labels: str) -> None:
        self._counter = Counter(name, text, labels)
        self._fresh: dict[Labels, int] = {}
        self._known: set[Labels] = set()

    def add(self, *labels: str) -> None:
        """One more."""
        fresh = self._fresh
        fresh[labels] = fresh.get(labels, 0) + 1

    def hand_over(self) -> None:
        """Add what is new to what everybody sees."""
        fresh, self._fresh = self._fresh, {}
        for labels, number in fresh.items():
            self._child(bounded(self._known, labels)).inc(number)

    @lru_cache(maxsize=SERIES_MAX + 1)  # noqa: B019  # made once, for the life of the process
    def _child(self, labels: Labels) -> Any:
        return self._counter.labels(*labels) if labels else self._counter


class Measured:
    """A histogram. Belongs to one event loop."""

    def __init__(self, name: str, text: str, buckets: tuple[float, ...], *labels: str) -> None:
        self._histogram = Histogram(name, text, labels, buckets=buckets)
        self._bounds = buckets
        self._fresh: dict[Labels, list[float]] = {}
        self._known: set[Labels] = set()

    def add(self, value: float, *labels: str) -> None:
        """One more measurement."""
        fresh = self._fresh.get(labels)
        if fresh is None:
            # A number per bucket, that of all beyond, and the sum.
            fresh = self._fresh[labels] = [0.0] * (len(self._bounds) + 2)
        fresh[bisect_left(self._bounds, value)] += 1
        fresh[-1] += value

    def hand_over(self) -> None:
        """Add what is new to what everybody sees."""
        fresh, self._fresh = self._fresh, {}
        for labels, numbers in fresh.items():
            child = self._child(bounded(self._known, labels))
            # The library has no public way to add many at once; a test compares with one by one.
            child._sum.inc(numbers[-1])
            for bucket, number in zip(child._buckets, numbers[:-1], strict=True):
                if number:
                    bucket.inc(number)

    @lru_cache(maxsize=SERIES_MAX + 1)  # noqa: B019  # made once, for the life of the process
    def _child(self, labels: Labels) -> Any:
        return self._histogram.labels(*labels) if labels else self._histogram


def bounded(known: set[Labels], labels: Labels) -> Labels:
    """The labels, or ``other`` for each when there are too many combinations already."""
    if labels not in known:
        if len(known) >= SERIES_MAX:
            return (OTHER,) * len(labels)
        known.add(labels)
    return labels


REQUESTS = Counted(
    "tallystick_requests",
    "Requests by endpoint (the row of our own tables, or `none`), method and status; `gone`: nobody waited for it.",
    "endpoint",
    "method",
    "status",
)
REQUEST_SECONDS = Measured(
    "tallystick_request_seconds", "Time from the head of a request to the end of its answer.", SECONDS, "endpoint"
)
MALFORMED_REQUESTS = Counted("tallystick_malformed_requests", "Requests refused before they had an endpoint.")
TOKEN_REQUESTS = Counted(
    "tallystick_token_requests",
    "Token requests by grant, client authentication method, outcome and the check that refused.",
    "grant",
    "method",
    "outcome",
    "check",
)
PUSHED_REQUESTS = Counted(
    "tallystick_pushed_requests",
    "Pushed authorization requests by client authentication method, outcome and the check that refused.",
    "method",
    "outcome",
    "check",
)
INTROSPECTIONS = Counted(
    "tallystick_introspections",
    "Introspections by client authentication method, outcome (active, inactive, refused) and the check that decided.",
    "method",
    "outcome",
    "check",
)
CLIENT_AUTHENTICATIONS = Counted(
    "tallystick_client_authentications",
    "Client authentications by method, outcome and the check that refused.",
    "method",
    "outcome",
    "check",
)
SIGN_INS = Counted(
    "tallystick_sign_ins",
    "Sign-ins by outcome and the check that refused a password, a code or a passkey, at the account too.",
    "outcome",
    "check",
)
MAILS = Counted("tallystick_mails", "Mail by outcome: sent, tried again, failed, or dropped as too much.", "outcome")
LOGOUT_DELIVERIES = Counted(
    "tallystick_logout_deliveries", "Attempts to tell an application of a logout: told, tried again, failed.", "outcome"
)
SPENT, SEEN_BEFORE = "spent", "seen before"
ONE_TIME_VALUES = Counted(
    "tallystick_one_time_values", "One-time values by outcome: spent, or seen before and refused.", "outcome"
)
WRITE_ITEMS = Measured("tallystick_write_items", "Rows that went into one durable write together.", ITEMS)
WRITE_SECONDS = Measured("tallystick_write_seconds", "Time of one durable write to the database.", SECONDS)
FAILED_WRITES = Counted("tallystick_failed_writes", "Durable writes that the database did not take.")
DATABASE_SILENT = Gauge(
    "tallystick_database_silent_workers",
    "Workers that have not heard of the database for more than 1.5 s; they answer 503.",
    multiprocess_mode="livesum",
)
SIGNING_KEY_SINCE = Gauge(
    "tallystick_signing_key_since_timestamp_seconds",
    "Since when the oldest current key of any tenant signs, or others encrypt to it, by algorithm.",
    ("alg",),
    multiprocess_mode="livemin",
)

BUNDLED: tuple[Counted | Measured, ...] = (
    REQUESTS,
    REQUEST_SECONDS,
    MALFORMED_REQUESTS,
    TOKEN_REQUESTS,
    PUSHED_REQUESTS,
    INTROSPECTIONS,
    CLIENT_AUTHENTICATIONS,
    SIGN_INS,
    MAILS,
    LOGOUT_DELIVERIES,
    ONE_TIME_VALUES,
    WRITE_ITEMS,
    WRITE_SECONDS,
    FAILED_WRITES,
)


def hand_over() -> None:
    """Hand over what every metric has counted."""
    for metric in BUNDLED:
        metric.hand_over()
