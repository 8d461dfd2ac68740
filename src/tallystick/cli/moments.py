"""Times on the command line: as people write them, or a while from now; and as they read them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from .exits import USAGE, Failed

UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_WHILE = re.compile(r"([1-9][0-9]{0,5})([smhd])", re.ASCII)


def moment(text: str) -> str:
    """A time in ISO 8601, from one or from a while such as ``90d`` that is still to pass."""
    return _moment(text, 1, "2027-01-31T12:00:00Z or 90d")


def moment_before(text: str) -> str:
    """The same, of a while that has passed."""
    return _moment(text, -1, "2026-01-31T12:00:00Z or 24h")


def in_utc(seconds: float) -> str:
    """A date of a JWT as people read it."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _moment(text: str, sign: int, example: str) -> str:
    if found := _WHILE.fullmatch(text):
        when = datetime.now(UTC) + timedelta(seconds=sign * int(found[1]) * UNITS_S[found[2]])
    else:
        try:
            when = datetime.fromisoformat(text)
        except ValueError as error:
            raise Failed(f"not a time: {text}; write {example}", exit_code=USAGE) from error
    when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
