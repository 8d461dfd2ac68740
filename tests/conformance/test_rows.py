"""Every module that conformance demands has a test of its name, or a reason why it has none yet."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.conformance import WAITING
from tests.conformance.rows import ROWS


def names_here() -> set[str]:
    """The names of all tests of this folder."""
    trees = [ast.parse(path.read_text()) for path in Path(__file__).parent.glob("test_*.py")]
    return {node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_row_has_its_test_or_its_reason() -> None:
    names = names_here()
    tested = {row for row in ROWS if f"test_{row.replace('-', '_').lower()}" in names}
    assert tested.isdisjoint(WAITING)
    assert set(ROWS) - tested == set(WAITING)
    assert len(ROWS) == len(set(ROWS)) == 38 + 1 + 1 + 1 + 11 + 2 + 48 + 9 + 14
    assert all(WAITING.values())
