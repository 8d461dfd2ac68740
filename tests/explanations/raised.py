"""Every check that the source can raise, read from the source itself.

Whatever has a parameter named ``check`` raises one: a text such as ``private_key_jwt.aud``, handed to it by any of its
callers, names a family (``private_key_jwt``), and every other literal of a family is a check too. ``f"jwt.{name}"``
stands for all of its family.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SOURCE = Path(__file__).parents[2] / "src" / "tallystick"
NOT_RAISED = ("explanations", "cli", "sdk")
"""What explains checks, or speaks of them to people, raises none."""
NO_CHECKS = frozenset({"http.disconnect", "http.request", "http.response.start", "http.response.body"})
"""Names of ASGI messages."""
_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")
_LOGGERS = frozenset({"debug", "info", "warning", "error", "exception", "critical"})


Tree = list[ast.AST]
"""Every node of one file."""


class Raised(NamedTuple):
    """The checks found."""

    names: frozenset[str]
    patterns: frozenset[str]
    """Families of which a part is computed: ``jwt.claim.*``."""


def raised(source: Path = SOURCE) -> Raised:
    """What the source can raise."""
    paths = (path for path in sorted(source.rglob("*.py")) if path.relative_to(source).parts[0] not in NOT_RAISED)
    # Each tree is walked once: some three hundred thousand nodes.
    trees = [list(ast.walk(ast.parse(path.read_text()))) for path in paths]
    takers = {name for tree in trees for name in _takers_of_a_check(tree)}
    handed = {text for tree in trees for text in _handed(tree, takers)}
    families = {name.partition(".")[0] for name in handed if "." in name}
    literals = {text for tree in trees for text in _literals(tree)}
    named = {text for text in literals if "." in text and text.partition(".")[0] in families}
    patterns = {pattern for tree in trees for pattern in _patterns(tree) if pattern.partition(".")[0] in families}
    return Raised(frozenset((handed | named) - NO_CHECKS), frozenset(patterns))


def _takers_of_a_check(tree: Tree) -> Iterator[str]:
    """Functions, and classes that are made, with a parameter ``check``."""
    for node in tree:
        if isinstance(node, ast.ClassDef):
            yield from (node.name for part in node.body if isinstance(part, ast.FunctionDef) and _takes_check(part))
        elif isinstance(node, ast.FunctionDef) and node.name != "__init__" and _takes_check(node):
            yield node.name


def _takes_check(function: ast.FunctionDef) -> bool:
    arguments = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    return any(argument.arg == "check" for argument in arguments)


def _handed(tree: Tree, takers: set[str]) -> Iterator[str]:
    """What is handed over as a check: ``check=…`` whatever the text; in another place where it has a dot.

    A check may also be one of several things that a function answers, for its caller to raise.
    """
    for node in tree:
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple):
            yield from (text for part in node.value.elts for text in _texts(part) if _is_dotted(text))
        if isinstance(node, ast.Call):
            for keyword in node.keywords:
                if keyword.arg == "check":
                    yield from (text for text in _texts(keyword.value) if _NAME.fullmatch(text))
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in takers:
                yield from (text for part in node.args for text in _texts(part) if _is_dotted(text))


def _texts(value: ast.expr) -> Iterator[str]:
    """The texts that an expression can be, as far as it says so itself."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.IfExp):
        yield from _texts(value.body)
        yield from _texts(value.orelse)


def _literals(tree: Tree) -> Iterator[str]:
    """Dotted texts, except where they are said to people or are part of a longer one."""
    passed: set[int] = set()
    for node in tree:
        if isinstance(node, ast.Expr):
            passed.add(id(node.value))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _LOGGERS:
            passed.update(map(id, node.args))
        elif isinstance(node, ast.JoinedStr):
            passed.update(map(id, node.values))
    for node in tree:
        if isinstance(node, ast.Constant) and id(node) not in passed:
            yield from filter(_is_dotted, _texts(node))


def _patterns(tree: Tree) -> Iterator[str]:
    """``jwt.claim.*`` for ``f"jwt.claim.{name}"``."""
    for node in tree:
        if isinstance(node, ast.JoinedStr):
            shape = "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in node.values)
            if family := re.fullmatch(r"([a-z][a-z0-9_]*\.[a-z0-9_.]*\*)(?:\.\*)*", shape):
                yield family[1]


def _is_dotted(text: str) -> bool:
    return "." in text and _NAME.fullmatch(text) is not None
