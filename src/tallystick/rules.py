"""Rules as data: an ordered table of named checks over one walk, and the two ways to go through it.

A *walk* is a small mutable record: what is to be judged, and what earlier rules found for later ones. A decision goes
through the checks in order and ends at the first that raises; :func:`judge` goes on, for people who want to know all
that is wrong. Both run the very same functions, so they cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Generic, TypeVar

import msgspec

from .errors import Refused

W = TypeVar("W")

PASSED, FAILED, UNDECIDED = "passed", "failed", "undecided"
"""What became of a rule; undecided: it needs what another rule did not find."""


class Rule(msgspec.Struct, Generic[W], frozen=True, kw_only=True):
    """One row of a table."""

    name: str
    """Stable, one word."""
    demands: str
    """What must be, in words."""
    clause: str
    """Which document demands it."""
    check: Callable[[W], None]
    """Raises :class:`Refused` when it is not so; may leave in the walk what it found."""
    needs: tuple[str, ...] = ()
    """Rules that must have passed before this one can be decided at all."""
    refuted_by: str = ""
    """The test that fails when the rule is not there, as pytest names it; empty where no table asks for one."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one rule."""

    rule: str
    demands: str
    clause: str
    result: str
    """:data:`PASSED`, :data:`FAILED` or :data:`UNDECIDED`."""
    check: str = ""
    """The exact check that failed, as the log names it."""
    evidence: dict[str, Any] = {}


def judge(rules: Iterable[Rule[W]], walk: W) -> list[Outcome]:
    """Every rule of the table with what became of it; raises nothing for what is refused."""
    outcomes: list[Outcome] = []
    passed: set[str] = set()
    for rule in rules:
        if not passed.issuperset(rule.needs):
            outcomes.append(outcome(rule, UNDECIDED))
            continue
        try:
            rule.check(walk)
        except Refused as refusal:
            outcomes.append(outcome(rule, FAILED, refusal))
        else:
            passed.add(rule.name)
            outcomes.append(outcome(rule, PASSED))
    return outcomes


def outcome(rule: Rule[Any], result: str, refusal: Refused | None = None) -> Outcome:
    """The outcome of one rule."""
    return Outcome(
        rule=rule.name,
        demands=rule.demands,
        clause=rule.clause,
        result=result,
        check="" if refusal is None else refusal.check,
        evidence={} if refusal is None else refusal.evidence,
    )
