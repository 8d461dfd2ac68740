"""Counting: what is handed over is what one by one would have given, and what it costs."""

from __future__ import annotations

import math

import pytest
from prometheus_client import Counter, Histogram
from prometheus_client.registry import CollectorRegistry

from tallystick.metrics import SECONDS, SIGN_INS, Counted, Measured
from tests.inprocess import InProcess
from tests.people import PASSWORD, person
from tests.signin import visitor


def test_what_was_measured_in_a_bundle_equals_one_by_one() -> None:
    measured = Measured("test_bundled_seconds", "One by one.", SECONDS, "endpoint")
    registry = CollectorRegistry()
    alone = Histogram("test_bundled_seconds", "One by one.", ("endpoint",), buckets=SECONDS, registry=registry)
    values = [0.0, 0.001, 0.0010001, 0.3, 9.99, 10.0, 10.01, math.pi]
    for _ in range(2):
        for value in values:
            measured.add(value, "/a")
            alone.labels("/a").observe(value)
        measured.hand_over()
    ours = {sample[:2]: sample.value for sample in samples(measured._histogram)}
    assert ours == pytest.approx({sample[:2]: sample.value for sample in samples(alone)})


def test_what_was_counted_is_handed_over_once() -> None:
    counted = Counted("test_counted", "Counted.", "kind")
    for kind in "aab":
        counted.add(kind)
    counted.hand_over()
    counted.hand_over()
    values = {sample.labels["kind"]: sample.value for sample in samples(counted._counter) if "total" in sample.name}
    assert values == {"a": 2.0, "b": 1.0}


def test_sign_ins_are_counted_with_what_refused_them(house: InProcess) -> None:
    user = person(house, password=PASSWORD)
    SIGN_INS.hand_over()
    refused = visitor(house).get("/account").press("sign-in", username=user.email, password="wrong")
    refused.press("sign-in", username=user.email, password=PASSWORD)
    assert SIGN_INS._fresh == {("refused", "password.wrong"): 1, ("signed in", ""): 1}


def samples(metric: Counter | Histogram) -> list:  # type: ignore[type-arg]  # the library's own tuples
    """Every sample but when it was made, with its labels as something that can be compared."""
    found = [sample for family in metric.collect() for sample in family.samples if not sample.name.endswith("_created")]
    return [sample._replace(labels=Labels(sample.labels)) for sample in found]


class Labels(dict[str, str]):
    """Labels as a key."""

    def __hash__(self) -> int:  # type: ignore[override]  # never changed
        return hash(tuple(sorted(self.items())))
