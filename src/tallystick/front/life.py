"""What the supervisor knows of its workers, for /metrics: each is a fact of now, read when somebody asks."""

from __future__ import annotations

import os
import platform
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

APPLIED, REFUSED = "applied", "refused"
HOSTS_MAX = 100
"""Hosts whose certificate is told of, those that end first; a deployment may have any number."""
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Life:
    """What happened to the workers since the start."""

    def __init__(self) -> None:
        self.workers: set[int] = set()
        """Process ids of those that live."""
        self.restarts = 0
        self.reloads = {APPLIED: 0, REFUSED: 0}
        self.started_s = time.time()


class LifeCollector(Collector):
    """Gives the supervisor's own metrics; ``certificates`` answers host → end in seconds since the epoch."""

    def __init__(self, life: Life, certificates: Callable[[], dict[str, float]]) -> None:
        self._life = life
        self._certificates = certificates

    def collect(self) -> Iterator[Metric]:
        """Every metric, as it is now."""
        life, workers = self._life, sorted(self._life.workers)
        build = GaugeMetricFamily("tallystick_build_info", "What runs.", labels=("version", "python"))
        build.add_metric((version("tallystick"), platform.python_version()), 1)
        yield build
        yield GaugeMetricFamily("tallystick_start_timestamp_seconds", "When `serve` started.", life.started_s)
        yield GaugeMetricFamily("tallystick_workers", "Worker processes that live.", len(workers))
        yield CounterMetricFamily("tallystick_worker_restarts", "Workers that died and were replaced.", life.restarts)
        reloads = CounterMetricFamily("tallystick_reloads", "Reloads, by outcome.", labels=("outcome",))
        for outcome, number in life.reloads.items():
            reloads.add_metric((outcome,), number)
        yield reloads
        yield from self._processes(workers)
        ends = GaugeMetricFamily(
            "tallystick_certificate_end_timestamp_seconds",
            f"When the certificate shown for a host ends; of the {HOSTS_MAX} hosts that end first.",
            labels=("host",),
        )
        for host, end_s in sorted(self._certificates().items(), key=lambda entry: entry[::-1])[:HOSTS_MAX]:
            ends.add_metric((host,), end_s)
        yield ends

    def _processes(self, workers: list[int]) -> Iterator[Metric]:
        memory = GaugeMetricFamily(
            "tallystick_resident_memory_bytes", "Memory in use, by kind of process.", labels=("process",)
        )
        cpu = CounterMetricFamily(
            "tallystick_cpu_seconds", "Processor time used, by kind of process.", labels=("process",)
        )
        gone = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = {"supervisor": usage_of([os.getpid()]), "workers": usage_of(workers)}
        for kind, (cpu_s, memory_bytes) in used.items():
            memory.add_metric((kind,), memory_bytes)
            cpu.add_metric((kind,), cpu_s + (gone.ru_utime + gone.ru_stime if kind == "workers" else 0.0))
        yield memory
        yield cpu


def usage_of(process_ids: list[int]) -> tuple[float, int]:
    """Seconds of processor time and bytes of memory that living processes use; proc(5)."""
    cpu_s, memory_bytes = 0.0, 0
    for process_id in process_ids:
        # It may end while we look; elsewhere than on Linux there is nothing to look at.
        with suppress(OSError):
            fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
            cpu_s += (int(fields[11]) + int(fields[12])) / TICKS_PER_S
            memory_bytes += int(fields[21]) * PAGE_BYTES
    return cpu_s, memory_bytes
