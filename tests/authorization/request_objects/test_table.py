"""The rules of request objects: every one is needed. Each is taken out in turn, and the test it names must turn red."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tallystick.authorization import request_object
from tallystick.authorization.request_object_walk import RequestObjectWalk
from tallystick.rules import Rule
from tests.application import now_ms
from tests.inprocess import InProcess, in_process

RULES = (*request_object.HEAD, *request_object.BODY)


def refuting_test(rule: Rule[RequestObjectWalk]) -> Callable[[InProcess], None]:
    """The test that a rule names: a function that takes nothing but a house."""
    path, _, name = rule.refuted_by.partition("::")
    module = importlib.import_module(path.removesuffix(".py").replace("/", "."))
    found: Callable[[InProcess], None] = getattr(module, name)
    return found


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_without_this_rule_its_test_turns_red(
    rule: Rule[RequestObjectWalk], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HEAD", "BODY"):
        kept = tuple(row for row in getattr(request_object, name) if row is not rule)
        monkeypatch.setattr(request_object, name, kept)
    with in_process(tmp_path / "data", now_ms()) as house, pytest.raises((AssertionError, LookupError)):
        refuting_test(rule)(house)


def test_no_rule_stands_twice() -> None:
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)


def test_every_rule_needs_only_what_stands_before_it() -> None:
    for index, rule in enumerate(RULES):
        assert {*rule.needs} <= {before.name for before in RULES[:index]}, rule.name
