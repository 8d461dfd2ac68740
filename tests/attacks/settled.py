"""Waiting for what the house promises: a change that the Management API acknowledged holds everywhere within 500 ms."""

from __future__ import annotations

import time

EVERYWHERE_S = 0.5


def settle() -> None:
    """Until every worker knows the last change."""
    time.sleep(EVERYWHERE_S)
