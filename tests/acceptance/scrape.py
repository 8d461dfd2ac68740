"""/metrics, read as Prometheus does."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.patience import HANGING_S

Samples = dict[tuple[str, tuple[str, ...]], float]
"""Name and the labels' values, sorted by the labels' names."""


def scrape(port: int) -> Samples:
    """Every sample there is now."""
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False, timeout=20).text
    return {
        (sample.name, tuple(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scraped_until(port: int, condition: Callable[[Samples], bool]) -> Samples:
    """Scrape until the condition holds: workers hand over twice a second."""
    deadline = time.monotonic() + HANGING_S
    while not condition(samples := scrape(port)):
        assert time.monotonic() < deadline, samples
        time.sleep(0.05)
    return samples
