"""How long a test waits for what the house promises within 500 ms, on a machine that may have other things to do.

A busy machine stretches every step of both sides. So it is never the time alone that fails a test: the half second has
passed, and so many looks have been in vain, in each of which whoever is waited for had its turn.
"""

from __future__ import annotations

import time

EVERYWHERE_S = 0.5
"""A change that the Management API acknowledged holds in every worker after that long."""
LOOK_AGAIN_S = 0.01
LOOKS_MIN = 50
HANGING_S = 60
"""How long a test waits for what has no promise: it only keeps a run from hanging for ever."""


class Patience:
    """Half a second, and at least so many looks."""

    def __init__(self, looks_min: int = LOOKS_MIN) -> None:
        self._until_s = time.monotonic() + EVERYWHERE_S
        self._looks_left = looks_min

    def is_left(self) -> bool:
        """Whether to look once more."""
        self._looks_left -= 1
        return self._looks_left >= 0 or time.monotonic() < self._until_s


def settle(seconds: float = EVERYWHERE_S) -> None:
    """Until every worker knows the last change: in small steps, each of which a busy machine makes longer."""
    for _ in range(round(seconds / LOOK_AGAIN_S)):
        time.sleep(LOOK_AGAIN_S)
