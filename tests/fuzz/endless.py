"""A campaign that goes on for some time: round after round, each with a seed of its own, and how to repeat them."""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.application import now_ms
from tests.inprocess import InProcess, in_process

Campaign = tuple[Callable[[int], None], Counter[str]]
"""One round of it, given its seed, and what is counted in all of them."""


def go_on(arguments: list[str], prog: str, noun: str, begin: Callable[[InProcess], Campaign]) -> int:
    """Rounds until the time is over; raises with the smallest case when something happened that must not."""
    parser = argparse.ArgumentParser(prog=prog)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as directory, in_process(Path(directory) / "data", now_ms()) as house:
        play, counts = begin(house)
        begun, rounds = time.monotonic(), 0
        while time.monotonic() - begun < options.seconds:
            play(options.seed + rounds)
            rounds += 1
    print("\n".join(f"{outcome:28} {count}" for outcome, count in sorted(counts.items())))
    print(f"{counts.total()} {noun}, no finding, {time.monotonic() - begun:.0f} s --seed {options.seed}")
    return 0
