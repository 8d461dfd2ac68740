"""The figures as a Markdown table, or as JSON with every single window."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from .measure import Contestant, median
from .scenarios import SCENARIOS

_HEAD = (
    "| client shows | gets | server | requests/s | ratio | CPU µs/request | p50 ms | p99 ms |\n"
    "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |"
)


def markdown(contestants: list[Contestant]) -> str:
    """Medians, one line per scenario and server, then how the first server stands to each other one."""
    lines = [_HEAD]
    for scenario in SCENARIOS:
        for one in contestants:
            row = {name: median(one.samples[scenario], name) for name in ("per_second", "ratio", "cpu_us")}
            row |= {name: median(one.samples[scenario], name) for name in ("p50_ms", "p99_ms")}
            figures = "{per_second:,.0f} | {ratio:.3f} | {cpu_us:,.0f} | {p50_ms:.1f} | {p99_ms:.1f}".format(**row)
            lines.append(f"| {scenario.shows} | {scenario.gets} | {one.name} | {figures} |")
    return "\n".join([*lines, "", *_comparison(contestants)])


def _comparison(contestants: list[Contestant]) -> list[str]:
    ours, *others = contestants
    lines = []
    for other in others:
        for scenario in SCENARIOS:
            ratio, per_second, cpu_us = (
                median(ours.samples[scenario], name) / median(other.samples[scenario], name)
                for name in ("ratio", "per_second", "cpu_us")
            )
            lines.append(
                f"- {scenario.shows} → {scenario.gets}: {ours.name} is {ratio:.2f} times {other.name} by ratio, "
                f"{per_second:.2f} times by requests per second, {1 / cpu_us:.2f} times by CPU per request"
            )
    return lines


def as_json(contestants: list[Contestant], machine: dict[str, Any]) -> str:
    """Everything: the machine, and every window of every scenario with its derived ratio."""
    results = [
        {
            "server": one.name,
            "shows": scenario.shows,
            "gets": scenario.gets,
            "windows": [dataclasses.asdict(sample) | {"ratio": sample.ratio} for sample in one.samples[scenario]],
        }
        for one in contestants
        for scenario in SCENARIOS
    ]
    return json.dumps({"machine": machine, "results": results}, indent=2)
