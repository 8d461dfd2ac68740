"""The time, as whoever judges or makes something dated is given it: objects that live on have a ``clock``, functions
that judge once are told ``now_ms``."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Milliseconds since the epoch."""


def wall_clock_ms() -> int:
    """The time of day."""
    return time.time_ns() // 1_000_000
