"""Counts certificate headers that were not believed, and tells the operator what to do about them, once in a while."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from prometheus_client import Counter

REPORT_EVERY_S = 60.0
"""Per reason and worker: anybody can send such headers, and must not fill the log with them."""
NAMES_SHOWN_MAX = 5
NAME_CHARS_MAX = 64

REASONS = {
    "no_form": (
        "No form is chosen, so nobody is believed. If a proxy of yours sends them, set client_cert_header; else let it"
        " remove them."
    ),
    "other_form": "They are not of the chosen client_cert_header. If a proxy of yours sends them, change one or other.",
    "not_a_proxy": (
        "Who sent them did not show that it is a proxy of yours. If it is: proxy_certificate, proxy_key,"
        " proxy_addresses or unix_socket. If not, somebody tries to be somebody else."
    ),
    "wrong_key": "The proxy key beside them is not one of ours, or stands twice: compare proxy_key on both sides.",
    "proxy_certificate_expired": "The proxy's pinned certificate is not valid now: renew it, and pin the new one too.",
    "own_handshake": (
        "The connection itself showed a certificate: beside a key nothing counts then, from a listed address that one."
        " A proxy that uses a certificate of its own must be pinned: proxy_certificate."
    ),
    "own_certificate": "They hand on the certificate of a proxy, which is never a client's.",
    "malformed": "A believed proxy sent what cannot be read: the refusal above names the check.",
    "client_ip": "A believed proxy sent the header that client_ip_header names, and no one address is in it.",
}
"""Reason, the label of the counter, and what to do."""

DROPPED = Counter(
    "tallystick_proxy_headers_dropped_total",
    "Requests with certificate or address headers that were not believed, by reason.",
    ("reason",),
)

log = logging.getLogger("tallystick.front")


class Reports:
    """When each reason was reported last, in one worker."""

    def __init__(self) -> None:
        self._counters = {reason: DROPPED.labels(reason) for reason in REASONS}
        self._next_at_s = dict.fromkeys(REASONS, 0.0)
        self._unreported = dict.fromkeys(REASONS, 0)

    def report(self, reason: str, names: Sequence[str], client: object) -> None:
        """Count, and log if the last line about this reason is old enough."""
        self._counters[reason].inc()
        now_s = time.monotonic()
        if now_s < self._next_at_s[reason]:
            self._unreported[reason] += 1
            return
        self._next_at_s[reason] = now_s + REPORT_EVERY_S
        before, self._unreported[reason] = self._unreported[reason], 0
        shown = ", ".join(name[:NAME_CHARS_MAX] for name in names[:NAMES_SHOWN_MAX])
        log.warning(
            "headers not believed: %s (%s; client %s; %d more since the last such line). %s",
            reason,
            shown,
            client,
            before,
            REASONS[reason],
        )


reports = Reports()
