"""The rules of proofs: every one is needed. Each is taken out in turn, and the test it names must turn red."""

from __future__ import annotations

import importlib
from collections.abc import Callable

import pytest

from tallystick.rules import FAILED, PASSED, UNDECIDED, Rule, judge
from tallystick.sender import proof as table
from tallystick.sender.proof import RULES, walk_of
from tallystick.sender.proof_walk import ProofWalk
from tests.forge import LEFT_OUT
from tests.sender.proving import KEY, OTHER, expected, proof, shown

Test = Callable[[], None]


def refuting_test(rule: Rule[ProofWalk]) -> Test:
    """The test that a rule names."""
    path, _, name = rule.refuted_by.partition("::")
    found: Test = getattr(importlib.import_module(path.removesuffix(".py").replace("/", ".")), name)
    return found


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_without_this_rule_its_test_turns_red(rule: Rule[ProofWalk], monkeypatch: pytest.MonkeyPatch) -> None:
    refuting_test(rule)()
    monkeypatch.setattr(table, "_CHECKS", tuple(row.check for row in RULES if row is not rule))
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        refuting_test(rule)()


def test_no_rule_stands_twice_and_each_needs_what_stands_before_it() -> None:
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)
    for index, rule in enumerate(RULES):
        assert {*rule.needs} <= {*names[:index]}, rule.name


def test_people_who_ask_why_hear_all_that_is_wrong() -> None:
    """The same table, walked to its end."""
    wrong = proof(OTHER, header={"typ": "jwt", "jwk": shown(KEY)}, htm="GET", iat=LEFT_OUT)
    outcomes = {one.rule: one.result for one in judge(RULES, walk_of(wrong, expected()))}
    assert {rule for rule, result in outcomes.items() if result == FAILED} == {"typ", "signature", "htm", "iat"}
    without = {one.rule: one.result for one in judge(RULES, walk_of(proof(header={"jwk": {}}), expected()))}
    assert (without["jwk"], without["signature"]) == (FAILED, UNDECIDED)
    assert {one.result for one in judge(RULES, walk_of(proof(), expected()))} == {PASSED}
