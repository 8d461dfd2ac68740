"""The table of checks: every row is needed. Each is taken out in turn, and the test that it names must turn red."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tallystick.authorization import checks
from tallystick.authorization.walk import EntryPoint
from tests.application import now_ms
from tests.inprocess import InProcess, in_process


def refuting_test(check: checks.Check) -> Callable[[InProcess], None]:
    """The test that a row names: a function that takes nothing but a house."""
    path, _, name = check.refuted_by.partition("::")
    found: Callable[[InProcess], None] = getattr(
        importlib.import_module(path.removesuffix(".py").replace("/", ".")), name
    )
    return found


@pytest.mark.parametrize("check", checks.CHECKS, ids=lambda check: check.name)
def test_without_this_row_its_test_turns_red(
    check: checks.Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "CHECKS", tuple(row for row in checks.CHECKS if row is not check))
    # A house of its own, as pytest gives the test: what another row's test registered must not turn it red instead.
    with in_process(tmp_path / "data", now_ms()) as house, pytest.raises((AssertionError, LookupError)):
        refuting_test(check)(house)


def test_no_row_stands_twice() -> None:
    names = [check.name for check in checks.CHECKS]
    assert len(set(names)) == len(names)


def test_no_row_is_forgotten() -> None:
    """Every check of the rooms' files is in the table, so that none is written and never asked."""
    themes = ("client", "detail", "form", "person", "provenance", "response", "target")
    written = {
        name
        for file in (f"{theme}_checks" for theme in themes)
        for name, function in vars(importlib.import_module(f"tallystick.authorization.{file}")).items()
        if callable(function)
        and getattr(function, "__module__", "").endswith(file)
        and not name.startswith("_")
        and getattr(function, "__annotations__", {}).get("walk") == "Walk"
    }
    assert written == {check.name for check in checks.CHECKS}


def test_every_row_counts_wherever_a_request_comes_in() -> None:
    """What was withdrawn while a person was asked is refused when they come back."""
    assert all(check.at == frozenset(EntryPoint) for check in checks.CHECKS)
