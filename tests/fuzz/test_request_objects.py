"""A short campaign with request objects, always the same."""

from __future__ import annotations

from tests.fuzz.request_objects import Target, campaign
from tests.inprocess import InProcess


def test_no_5xx_and_nothing_tampered_with_is_taken(house: InProcess) -> None:
    target = Target(house)
    campaign(target, 200, None)
    assert {"push 201", "push 400", "carry 303"} <= set(target.statuses)
