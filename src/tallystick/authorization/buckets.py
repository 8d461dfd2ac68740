"""Leaky buckets: how much of something each of many may begin. In memory of each worker: nothing rests on exactness."""

from __future__ import annotations

from collections.abc import Hashable

from ..recent import Recent

KEYS_MAX = 10_000
"""Of more than these, those that were not heard of for longest are forgotten."""


class Buckets:
    """One bucket for each key, made at its first drop."""

    def __init__(self) -> None:
        self._levels: Recent[Hashable, tuple[float, int]] = Recent(KEYS_MAX)
        """How full each bucket was, and when."""

    def overflows(self, key: Hashable, now_ms: int, *, burst: int, per_s: int) -> bool:
        """Count one more; True where it is one too many, which is not counted.

        ``burst``: so many at once. ``per_s``: so many more in each second after that.
        """
        before, at_ms = self._levels.get(key, (0.0, now_ms))
        level = max(0.0, before - max(0, now_ms - at_ms) * per_s / 1000)
        is_full = level + 1 > burst
        self._levels.keep(key, (level if is_full else level + 1, now_ms))
        return is_full
