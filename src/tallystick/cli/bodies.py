"""JSON bodies from the command line: ``--set name=value`` and ``--body FILE``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from .exits import USAGE, Failed
from .files import read_text

SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="A member of the body; VALUE is JSON, or else text. Repeatable."),
]
BodyOption = Annotated[
    Path | None, typer.Option("--body", metavar="FILE", help="JSON object to begin with; - is stdin.")
]


def body_from(body: Path | None, assignments: Sequence[str] | None, **members: Any) -> dict[str, Any]:
    """The object of ``body``, with ``members`` that are not None and then the assignments laid over it."""
    result: dict[str, Any] = {} if body is None else _object(body)
    result |= {name: value for name, value in members.items() if value is not None}
    for assignment in assignments or ():
        name, equals, text = assignment.partition("=")
        if not name or not equals:
            raise Failed(f"--set takes NAME=VALUE, not {assignment}", exit_code=USAGE)
        result[name] = _value(text)
    return result


def _object(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(read_text(path))
    except ValueError as error:
        raise Failed(f"{path} is not JSON: {error}", exit_code=USAGE) from error
    if not isinstance(value, dict):
        raise Failed(f"{path} is not a JSON object", exit_code=USAGE)
    return value


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
