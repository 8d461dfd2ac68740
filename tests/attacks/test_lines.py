"""No line of the list is forgotten, and no test of the table is gone."""

from __future__ import annotations

import ast
from functools import lru_cache
from pathlib import Path

import pytest

from tests.attacks.lines import LINES

TESTS = Path(__file__).parent.parent
SECTIONS = {"B": range(15, 20), "C": range(20, 29), "D": range(29, 32), "F": range(38, 47)}


@lru_cache
def names_in(file: str) -> set[str]:
    """``test_name`` and ``Class::test_name`` of one file."""
    tree = ast.parse((TESTS / file).read_text())
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    found = {node.name for node in tree.body if isinstance(node, kinds)}
    for room in (node for node in tree.body if isinstance(node, ast.ClassDef)):
        found |= {f"{room.name}::{node.name}" for node in room.body if isinstance(node, kinds)}
    return {name for name in found if name.rpartition("::")[2].startswith("test_")}


def test_every_line_has_its_row() -> None:
    assert sorted(LINES) == sorted(number for section in SECTIONS.values() for number in section)


@pytest.mark.parametrize("number", LINES)
def test_every_clause_has_a_test_or_a_reason(number: int) -> None:
    assert LINES[number]
    for clause, where in LINES[number].items():
        assert where, clause
        for named in where if isinstance(where, tuple) else ():
            file, _, name = named.partition("::")
            assert name in names_in(file), (clause, named)
