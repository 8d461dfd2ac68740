"""A short part of `make fuzz-pushed`, always the same."""

from __future__ import annotations

from tests.fuzz.pushed import Target, campaign
from tests.inprocess import InProcess


def test_no_5xx_no_tampering_and_nobody_is_asked(house: InProcess) -> None:
    target = Target(house)
    campaign(target, 250, None)
    # Honest ones got through, plain and signed; changed ones were refused.
    assert target.outcomes["none 201"] > 3
    assert target.outcomes["honest 201"] > 3
    assert target.outcomes["changed 400"] > 5
    assert "changed 201" not in target.outcomes
