"""A row of the log as people read it: one line, the same for lists and for following."""

from __future__ import annotations

import os
import sys
from typing import Any

from ..events import LOG_TYPES
from .output import json_text, printable

GREEN, RED, DIM, PLAIN = "\x1b[32m", "\x1b[31m", "\x1b[2m", "\x1b[0m"


def _typed(type_: str) -> str:
    """A type with its words; most types are short."""
    return f"{type_:<6} {LOG_TYPES[type_].words if type_ in LOG_TYPES else ''}"


TYPE_CHARS = max(len(_typed(type_)) for type_ in LOG_TYPES)


def as_json(row: dict[str, Any]) -> str:
    """One JSON object on one line."""
    return json_text(row)


def as_line(row: dict[str, Any], *, coloured: bool) -> str:
    """Time, type with words, application, address, failing check or what was done, person, correlation id."""
    details = row.get("details") or {}
    type_, what = _clean(row.get("type")), _clean(details.get("check") or row.get("description") or row.get("audience"))
    cells = [
        _clean(row.get("date")).replace("T", " ").replace("Z", ""),
        _painted(f"{_typed(type_):<{TYPE_CHARS}}", RED if type_.startswith("f") else GREEN, coloured=coloured),
        f"{_who(row, details):<40}",
        f"{_clean(row.get('ip')):<15}",
        f"{what:<34}",
        *_person(row),
        _painted(_clean(row.get("correlation_id")), DIM, coloured=coloured),
    ]
    return "  ".join(cells).rstrip()


def colours() -> bool:
    """Whether colours go out: to a terminal alone, unless its owner wants none (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def _clean(value: object) -> str:
    """A member as text on one line: some of it is a stranger's, and must not steer the terminal."""
    return "" if value is None else printable(str(value)).replace("\n", " ")


def _who(row: dict[str, Any], details: dict[str, Any]) -> str:
    """The application; in a refusal before it was known, the one that was claimed."""
    client_id, name = _clean(row.get("client_id")), _clean(row.get("client_name"))
    if client_id:
        return f"{client_id} ({name})" if name else client_id
    claimed = _clean(details.get("claimed_client_id"))
    return f"{claimed}?" if claimed else "-"


def _person(row: dict[str, Any]) -> list[str]:
    """Whom it is about, in rows that are about somebody."""
    name = _clean(row.get("user_name") or row.get("user_id"))
    return [name] if name else []


def _painted(text: str, colour: str, *, coloured: bool) -> str:
    return f"{colour}{text}{PLAIN}" if coloured else text
