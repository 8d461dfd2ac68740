"""A short part of `make fuzz-authorize`, always the same."""

from __future__ import annotations

from tests.fuzz.authorize import Target, campaign
from tests.inprocess import InProcess


def test_no_5xx_and_no_redirect_to_an_unproven_uri(house: InProcess) -> None:
    target = Target(house)
    campaign(target, 300, None)
    # It got through often enough to have seen answers, pages and refusals.
    assert target.statuses["GET 303"] > 20
    assert target.statuses["GET 400"] > 20
    assert {"POST 303", "both 400", "again 400", "par 201", "par 400", "push 303"} <= set(target.statuses)
