"""python -m bench.profile: where Tallystick's processor time goes while it answers token requests.

Samples the stack of each server process on every tick of its processor time (sampling/sitecustomize.py) and prints
the functions with the most samples: `self` in the function itself, with the C code that it calls, `total` with all that
it calls. Work of other threads shows up where the main thread happens to be.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

from .contestants import ROOT, tallystick
from .measure import LOAD_CORE, SERVER_CORE, Contestant
from .process import Process
from .scenarios import SCENARIOS


def main() -> int:
    """Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench.profile", description=__doc__)
    parser.add_argument("--shows", default="private_key_jwt", choices=sorted({one.shows for one in SCENARIOS}))
    parser.add_argument("--gets", default="ES256", choices=sorted({one.gets for one in SCENARIOS}))
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--lines", type=int, default=35)
    options = parser.parse_args()
    scenario = next(one for one in SCENARIOS if (one.shows, one.gets) == (options.shows, options.gets))
    os.sched_setaffinity(0, {LOAD_CORE})
    with tempfile.TemporaryDirectory(prefix="tallystick-profile-") as scratch:
        path = os.pathsep.join((str(ROOT / "bench/sampling"), str(ROOT / "src")))
        env = {"PYTHONPATH": path, "BENCH_SAMPLES": scratch}
        with tallystick(SERVER_CORE, Path(scratch), env) as (process, target):
            contestant = Contestant("tallystick", process, target)
            contestant.sample(scenario, 1.0)
            _collect(process, Path(scratch))
            contestant.sample(scenario, options.seconds)
            counts = _collect(process, Path(scratch))
    _show(counts, options.lines)
    return 0


def _collect(process: Process, scratch: Path) -> collections.Counter[tuple[str, ...]]:
    """Ask every process for its samples since it was last asked."""
    for old in scratch.glob("*.json"):
        old.unlink()
    process.send_signal(signal.SIGUSR2)
    time.sleep(1.0)  # nothing tells when the last process has written
    counts: collections.Counter[tuple[str, ...]] = collections.Counter()
    for path in scratch.glob("*.json"):
        for row in json.loads(path.read_text()):
            counts[tuple(row["stack"])] += row["count"]
    return counts


def _show(counts: collections.Counter[tuple[str, ...]], lines: int) -> None:
    alone: collections.Counter[str] = collections.Counter()
    within: collections.Counter[str] = collections.Counter()
    for stack, count in counts.items():
        alone[stack[0]] += count
        for function in set(stack):
            within[function] += count
    everything = counts.total()
    print(f"{everything} samples\n   self  total  function")
    for function, count in alone.most_common(lines):
        path, _, name = function.rpartition(":")
        place = path.rpartition("site-packages/")[2].removeprefix(f"{ROOT}/src/")
        print(f"{count / everything:7.1%} {within[function] / everything:6.1%}  {place} {name}")


if __name__ == "__main__":
    sys.exit(main())
