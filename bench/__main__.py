"""python -m bench: measure, and print a table (or --json)."""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import platform
import sys
import tempfile
from pathlib import Path

import uvloop

from .calibration import token_us
from .contestants import oidc_provider, tallystick
from .load import run_window, serve_trivially
from .measure import CONNECTIONS, LOAD_CORE, SERVER_CORE, Contestant
from .process import Process, free_port
from .report import as_json, markdown
from .scenarios import SCENARIOS

SERVERS = {"tallystick": tallystick, "oidc-provider": oidc_provider}


def main() -> int:
    """Returns the exit status: 0, or 1 with one line on standard error."""
    options = _parse()
    if options.serve_trivially:
        uvloop.run(serve_trivially(options.serve_trivially))
    if not {SERVER_CORE, LOAD_CORE} <= os.sched_getaffinity(0):
        print("bench: two processor cores are needed, one for the server and one for the load.", file=sys.stderr)
        return 1
    os.sched_setaffinity(0, {LOAD_CORE})
    try:
        return _check_load() if options.check_load else _measure(options)
    except RuntimeError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="every window as JSON instead of the table")
    parser.add_argument("--rounds", type=int, default=9, help="windows per scenario and server (%(default)s)")
    parser.add_argument("--seconds", type=float, default=1.0, help="length of a window (%(default)s)")
    parser.add_argument("--only", choices=SERVERS, action="append", help="one server alone")
    parser.add_argument("--check-load", action="store_true", help="how fast is the load generator itself?")
    parser.add_argument("--serve-trivially", type=int, metavar="PORT", help=argparse.SUPPRESS)
    return parser.parse_args()


def _measure(options: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="tallystick-bench-") as scratch, contextlib.ExitStack() as stack:
        contestants = []
        for name in options.only or SERVERS:
            process, target = stack.enter_context(SERVERS[name](SERVER_CORE, Path(scratch)))
            contestants.append(Contestant(name, process, target))
        _run_rounds(contestants, options.rounds, options.seconds)
    if options.json:
        print(as_json(contestants, _machine()))
    else:
        print(f"{_described(_machine())}\n\n{markdown(contestants)}")
    return 0


def _run_rounds(contestants: list[Contestant], rounds: int, seconds: float) -> None:
    """Servers take turns window by window, so that a slow minute of the machine meets all of them."""
    for one, scenario in itertools.product(contestants, SCENARIOS):
        one.check(scenario)
        one.sample(scenario, seconds)
        one.samples[scenario].clear()  # the first window is for warming up
    for number in range(rounds):
        print(f"bench: round {number + 1} of {rounds}", file=sys.stderr)
        for scenario, one in itertools.product(SCENARIOS, contestants):
            one.sample(scenario, seconds)


def _check_load() -> int:
    port = free_port()
    command = [sys.executable, "-m", "bench", "--serve-trivially", str(port)]
    with (
        tempfile.TemporaryDirectory() as scratch,
        Process(command, core=SERVER_CORE, log=Path(scratch) / "log") as process,
    ):
        process.wait_for(f"http://127.0.0.1:{port}/")
        request = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 600\r\n\r\n" + b"x" * 600
        window = uvloop.run(run_window(port, itertools.repeat(request), connections=CONNECTIONS, seconds=3))
    print(f"the load generator on one core: {window.per_second:,.0f} requests/s, {len(window.refused)} refused")
    return 0


def _machine() -> dict[str, str | int | float]:
    model = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return {
        "cpu": model[0].partition(": ")[2] if model else platform.machine(),
        "cores": os.cpu_count() or 0,
        "python": platform.python_version(),
        "bare_token_us": round(token_us(SERVER_CORE), 1),
        "connections": CONNECTIONS,
    }


def _described(machine: dict[str, str | int | float]) -> str:
    return (
        "{cpu}, {cores} cores, Python {python}; one bare token takes {bare_token_us} µs now; "
        "{connections} connections, server on one core, load on another; medians".format(**machine)
    )


if __name__ == "__main__":
    sys.exit(main())
