"""Rules with what became of them, for people: a mark where it can be printed, and always the word beside it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from .decoding import DATES as CLAIMED_DATES
from .moments import in_utc
from .output import cell, printable, sign

MARKS = {"passed": "✓", "failed": "✗", "undecided": "·"}
WORDS = {"passed": "passed", "failed": "FAILED", "undecided": "not reached"}
DATES = frozenset((*CLAIMED_DATES, "server time"))
_WIDTH = max(map(len, WORDS.values()))


def print_rules(rules: Iterable[Mapping[str, Any]]) -> None:
    """A line a rule; below one that failed, which check it was, why, and what to do."""
    rows = list(rules)
    names = max((len(str(row["rule"])) for row in rows), default=0)
    for row in rows:
        result = str(row["result"])
        word = f"{sign(MARKS.get(result, '·'))}{WORDS.get(result, result):<{_WIDTH}}"
        print(printable(f"{word}  {row['rule']:<{names}}  {row['demands']}  [{row['clause']}]"))
        if result == "failed":
            indent = " " * (len(word) + names + 4)
            for label, text in _reasons(row):
                print(printable(f"{indent}{label}: {text}"))


def print_members(title: str, record: Mapping[str, Any]) -> None:
    """The members of one thing under its title; nothing when there are none."""
    if record:
        print(title)
        width = max(map(len, record))
        for name, value in record.items():
            print(printable(f"  {name:<{width}}  {with_date(name, value)}".rstrip()))


def with_date(name: str, value: object) -> str:
    """The value; of a date in seconds also what people call it."""
    if name not in DATES or isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 2**33:
        return cell(value)
    return f"{cell(value)}  ({in_utc(value)})"


def print_each(title: str, records: Iterable[Mapping[str, Any]]) -> None:
    """Several things, each on a line as ``name=value``."""
    rows = list(records)
    if rows:
        print(title)
        for row in rows:
            print(printable("  " + "  ".join(f"{name}={_short(value)}" for name, value in row.items())))


def _reasons(row: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    yield "check", str(row.get("check", ""))
    for name, value in (row.get("evidence") or {}).items():
        yield name, cell(value)
    if row.get("hint"):
        yield "what to do", str(row["hint"])


def _short(value: object) -> str:
    return (
        "-" if value in (None, "", []) else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    )
