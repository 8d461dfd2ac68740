"""Runs at the start of every Python that has this directory in PYTHONPATH: notes where its processor time goes.

On every tick of processor time that the process uses, the stack of its main thread is counted; SIGUSR2 writes the
counts to `$BENCH_SAMPLES/<pid>.json` and starts over.
"""

from __future__ import annotations

import collections
import json
import os
import signal
from pathlib import Path
from types import FrameType

_samples: collections.Counter[tuple[str, ...]] = collections.Counter()
_INTERVAL_S = 0.001


def _take(_number: int, frame: FrameType | None) -> None:
    stack = []
    while frame is not None:
        stack.append(f"{frame.f_code.co_filename}:{frame.f_code.co_qualname}")
        frame = frame.f_back
    _samples[tuple(stack)] += 1


def _write(_number: int, _frame: FrameType | None) -> None:
    rows = [{"stack": stack, "count": count} for stack, count in _samples.items()]
    Path(os.environ["BENCH_SAMPLES"], f"{os.getpid()}.json").write_text(json.dumps(rows))
    _samples.clear()


def _start() -> None:
    # A timer does not survive fork, so workers set their own.
    signal.setitimer(signal.ITIMER_PROF, _INTERVAL_S, _INTERVAL_S)


if "BENCH_SAMPLES" in os.environ:
    signal.signal(signal.SIGPROF, _take)
    signal.signal(signal.SIGUSR2, _write)
    os.register_at_fork(after_in_child=_start)
    _start()
