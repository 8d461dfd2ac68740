"""What is hashed, sealed or spent for one purpose is worth nothing for another: each purpose has a name of its own."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src" / "tallystick"


def purposes() -> list[str]:
    """The texts of all constants whose name ends in ``PURPOSE``."""
    found = []
    for text in (path.read_text() for path in SOURCE.rglob("*.py")):
        for node in ast.parse(text).body if "PURPOSE" in text else ():
            if isinstance(node, ast.Assign) and "PURPOSE" in ast.unparse(node.targets[0]):
                found += [part.value for part in ast.walk(node.value) if isinstance(part, ast.Constant)]
    return [str(one) for one in found]


def test_no_two_purposes_share_a_name() -> None:
    found = Counter(purposes())
    assert {"request_object", "client_assertion", "pushed request", "authorization code", "session"} <= found.keys()
    assert [name for name, times in found.items() if times > 1] == []
