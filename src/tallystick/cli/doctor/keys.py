"""The server's signing keys, and the credentials of applications: how old, and what ends soon."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from ...clients.dates import ms_from_iso
from ...clock import DAY_MS
from .finding import ADVICE, BAD, OK, Finding, Patient

KEY_AGE_DAYS = 365
"""NIST SP 800-57 part 1, table 1: the originator-usage period of a private signature key is one to three years."""
EXPIRY_DAYS, EXPIRY_BAD_DAYS, IDLE_DAYS = 30, 7, 180
NAMED_MAX = 5


def examine(patient: Patient) -> Iterator[Finding]:
    """What the Management API tells of keys and credentials."""
    now_ms = time.time_ns() // 1_000_000
    yield from _signing_keys(patient.remote.manage("GET", "keys", "signing"), now_ms)
    ending = patient.remote.list_all("expiring-credentials", query={"days": EXPIRY_DAYS})
    yield from _expiring(ending, now_ms)
    idle = patient.remote.list_all("idle-credentials", query={"days": IDLE_DAYS})
    if idle:
        advice = "tallystick credentials idle lists them; remove what nobody needs"
        yield Finding("credentials.idle", ADVICE, f"{_named(idle)} unused for {IDLE_DAYS} days", advice)
    else:
        yield Finding("credentials.idle", OK, f"every credential was used within {IDLE_DAYS} days, or is younger")


def _signing_keys(keys: list[dict[str, Any]], now_ms: int) -> Iterator[Finding]:
    current = [key for key in keys if key.get("current") and not key.get("revoked")]
    without_next = sorted({key["alg"] for key in current} - {key["alg"] for key in keys if key.get("next")})
    old = [key for key in current if now_ms - ms_from_iso(key["current_since"]) > KEY_AGE_DAYS * DAY_MS]
    if old:
        names = ", ".join(f"{key['alg']} {key['kid']}" for key in old)
        text = f"signing keys have been in use for more than {KEY_AGE_DAYS} days: {names}"
        yield Finding("keys.age", ADVICE, text, "tallystick keys rotate --alg ALG; the next key is published already")
    else:
        yield Finding("keys.age", OK, f"{len(current)} signing keys, none in use for more than {KEY_AGE_DAYS} days")
    if without_next:
        text = f"no next key is published for {', '.join(without_next)}"
        yield Finding("keys.next", ADVICE, text, "rotate once: whoever caches the key set then knows the key to come")


def _expiring(ending: list[dict[str, Any]], now_ms: int) -> Iterator[Finding]:
    over = [one for one in ending if ms_from_iso(one["expires_at"]) <= now_ms]
    soon = [one for one in ending if one not in over]
    advice = "tallystick credentials expiring lists them; add a new one before, remove the old one after"
    if soon:
        level = BAD if ms_from_iso(soon[0]["expires_at"]) - now_ms < EXPIRY_BAD_DAYS * DAY_MS else ADVICE
        yield Finding("credentials.expiring", level, f"{_named(soon)} ends within {EXPIRY_DAYS} days", advice)
    else:
        yield Finding("credentials.expiring", OK, f"no credential ends within {EXPIRY_DAYS} days")
    if over:
        yield Finding("credentials.expired", ADVICE, f"{_named(over)} has ended and is still registered", advice)


def _named(credentials: list[dict[str, Any]]) -> str:
    """The first few, so that a line stays a line."""
    shown = [f"{one['credential_id']} of {one['client_id']}" for one in credentials[:NAMED_MAX]]
    more = len(credentials) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")
