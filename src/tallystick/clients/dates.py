"""Dates on the wire: ISO 8601 UTC with milliseconds (auth0.md 0). Inside the house they are milliseconds since 1970."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DATE = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]
"""The type of a field that holds such a date; :func:`ms_from_iso` checks it."""
MS_MAX = 253_402_300_799_999
"""The last millisecond of the year 9999, beyond which the form has no date."""


def iso_from_ms(ms: int) -> str:
    """Such as ``2026-05-08T16:00:56.685Z``; what lies outside the years 1970 to 9999 is shown as the nearest date."""
    moment = _EPOCH + timedelta(milliseconds=min(max(ms, 0), MS_MAX))
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def to_wire(ms: int | None) -> str | None:
    """The date, or None for none."""
    return None if ms is None else iso_from_ms(ms)


def ms_from_iso(text: object) -> int:
    """Milliseconds for a date with time and zone (RFC 3339 5.6). Raises ValueError with the reason."""
    try:
        moment = msgspec.convert(text, datetime) if isinstance(text, str) else None
    except msgspec.ValidationError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValueError("Expected a date-time such as 2030-01-31T12:00:00.000Z")
    ms = (moment - _EPOCH) // timedelta(milliseconds=1)
    if not 0 <= ms <= MS_MAX:
        raise ValueError("The date is out of range")
    return ms
