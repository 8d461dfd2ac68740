"""A short part of `make fuzz-requests`, always the same."""

from __future__ import annotations

from tests.fuzz.requests import Target, campaign, sweep
from tests.inprocess import InProcess


def test_no_tampering_is_taken_and_nobody_is_asked(house: InProcess) -> None:
    target = Target(house)
    sweep(target)
    campaign(target, 200, None)
    # It got through by every way, and was refused by every way.
    ways = ("GET", "POST", "plain visit 0", "signed visit 0", "signed fapi visit 0", "reference")
    assert {f"{way} code" for way in ways} <= set(target.outcomes)
    assert any(outcome.endswith(" page") for outcome in target.outcomes)
    assert {"GET error", "signed push 400", "forbidden error", "other address 400"} <= set(target.outcomes)
    assert {"plain visit 1 400", "signed fapi push 400", "plain fapi push 400"} <= set(target.outcomes)
    assert not {"forbidden code", "other address code", "plain fapi push 201"} & set(target.outcomes)
