"""Which windows are run, in which order, and what is kept of each."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator
from dataclasses import dataclass

import uvloop

from .calibration import token_us
from .load import Window, run_window
from .process import Process
from .scenarios import SCENARIOS, Scenario
from .target import Target

CONNECTIONS = 64
SERVER_CORE, LOAD_CORE = 0, 1


@dataclass(frozen=True)
class Sample:
    """One window: requests per second, the bare token's time then, and what the server spent."""

    per_second: float
    bare_token_us: float
    cpu_us: float
    p50_ms: float
    p99_ms: float

    @property
    def ratio(self) -> float:
        """The share of the core that went into the work no server can avoid."""
        return self.per_second * self.bare_token_us / 1e6


def median(samples: list[Sample], name: str) -> float:
    """The median over `samples` of the figure called `name`."""
    return float(statistics.median(getattr(sample, name) for sample in samples))


class Contestant:
    """One server under test and its samples by scenario."""

    def __init__(self, name: str, process: Process, target: Target) -> None:
        self.name = name
        self.samples: dict[Scenario, list[Sample]] = {scenario: [] for scenario in SCENARIOS}
        self._process = process
        self._target = target

    def check(self, scenario: Scenario) -> None:
        """Raises RuntimeError unless the server answers as the scenario says and refuses what is good only once."""
        request = next(scenario.requests(self._target, scenario.api, 1))
        status, body = self._target.send(request)
        if status != 200 or not scenario.is_right(json.loads(body)):
            raise RuntimeError(f"{self.name}, {_named(scenario)}: {status} {body[:500]!r}")
        again, _ = self._target.send(request)
        if (again == 200) is scenario.is_once:
            raise RuntimeError(f"{self.name}, {_named(scenario)}: the same request a second time: {again}")

    def sample(self, scenario: Scenario, seconds: float) -> None:
        """Run one window, with a calibration right before and right after it, and keep the sample."""
        requests = scenario.requests(self._target, scenario.api, self._enough(scenario, seconds))
        before_us, cpu_s = token_us(SERVER_CORE), self._process.cpu_s()
        window = self._load(scenario, requests, seconds)
        cpu_s, after_us = self._process.cpu_s() - cpu_s, token_us(SERVER_CORE)
        self.samples[scenario].append(_sample(window, (before_us + after_us) / 2, cpu_s))

    def _load(self, scenario: Scenario, requests: Iterator[bytes], seconds: float) -> Window:
        window = uvloop.run(run_window(self._target.port, requests, connections=CONNECTIONS, seconds=seconds))
        if window.refused:
            seen = f"{len(window.refused)} refused: {window.refused[0]!r}"
            raise RuntimeError(f"{self.name}, {_named(scenario)}: {seen}\n{self._process.log_tail()}")
        return window

    def _enough(self, scenario: Scenario, seconds: float) -> int:
        """Half as many again as the fastest window so far used; a window that runs out ends early, and counts."""
        fastest = max((sample.per_second for sample in self.samples[scenario]), default=4000)
        return int(fastest * seconds * 1.5) + CONNECTIONS


def _named(scenario: Scenario) -> str:
    return f"{scenario.shows} → {scenario.gets}"


def _sample(window: Window, bare_token_us: float, cpu_s: float) -> Sample:
    cpu_us = cpu_s / len(window.latencies_s) * 1e6
    p50_ms, p99_ms = window.latency_ms(0.5), window.latency_ms(0.99)
    return Sample(window.per_second, bare_token_us, cpu_us, p50_ms, p99_ms)
