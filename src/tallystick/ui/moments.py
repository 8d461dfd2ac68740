"""Moments on pages: in universal time, which a script may put into the reader's own."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec


class Moment(msgspec.Struct, frozen=True):
    """One moment: for ``<time datetime>``, and for people."""

    iso: str
    text: str


def at_ms(ms: int) -> Moment:
    """The moment so many milliseconds after the epoch."""
    at = datetime.fromtimestamp(ms // 1000, UTC)
    return Moment(at.strftime("%Y-%m-%dT%H:%M:%SZ"), at.strftime("%Y-%m-%d %H:%M UTC"))
