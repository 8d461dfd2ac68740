"""Whether a row of the log is what a query asks for; and what of the query the database can decide. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

import msgspec

from ..events import LogRow, seq_of
from .log_tree import FIELDS, LOG_ID, WORDS, AllOf, Dates, Not, OneOf, Tree, Value

INDEXED = ("seq", "correlation_id", "type")
"""Columns whose rows the database finds without looking at others; the narrowest first."""
_OTHER_COLUMNS = ("client_id", "type")


def matches(tree: Tree, row: LogRow) -> bool:
    """Whether the row is one of those asked for."""
    match tree:
        case Value():
            return _has_value(tree, row)
        case Dates():
            at_ms = row.event.at_ms
            return (tree.from_ms is None or tree.from_ms <= at_ms) and (tree.until_ms is None or at_ms < tree.until_ms)
        case Not():
            return not matches(tree.of, row)
        case AllOf():
            return all(matches(part, row) for part in tree.of)
        case OneOf():
            return any(matches(part, row) for part in tree.of)


def _has_value(wanted: Value, row: LogRow) -> bool:
    if wanted.field == LOG_ID:
        return row.log_id == wanted.text
    read = FIELDS[wanted.field]
    assert read is not None  # noqa: S101 - dates are ranges, log ids are above
    value = read(row.event)
    if wanted.prefix and not wanted.text:
        return bool(value)
    if wanted.field in WORDS:
        return _phrase(wanted.text, wanted.prefix).search(value) is not None
    return value.startswith(wanted.text) if wanted.prefix else value == wanted.text


@lru_cache(maxsize=256)
def _phrase(text: str, prefix: bool) -> re.Pattern[str]:
    """Whole words, in any case; with ``prefix`` the last one may go on."""
    return re.compile(rf"(?<!\S){re.escape(text)}" + ("" if prefix else r"(?!\S)"), re.IGNORECASE)


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Where to look; each row found there is still matched with the whole query."""

    indexed: Mapping[str, object]
    """One column with one value, of which there is an index; or none."""
    also: Mapping[str, object]
    """More columns that rows must have, without an index that helps."""
    from_ms: int | None
    until_ms: int | None
    exact: bool
    """Whether every row found there is one of those asked for."""


def plan_of(tree: Tree) -> Plan:
    """What of the query the database can decide: the clauses that every row must fulfil."""
    parts = tree.of if isinstance(tree, AllOf) else (tree,)
    columns: dict[str, tuple[object, ...]] = {}
    from_ms: list[int] = []
    until_ms: list[int] = []
    exact = True
    for part in parts:
        if isinstance(part, Dates):
            from_ms += [] if part.from_ms is None else [part.from_ms]
            until_ms += [] if part.until_ms is None else [part.until_ms]
            exact = False
        elif (found := _column(part)) is not None and found[0] not in columns:
            columns[found[0]] = found[1]
            exact = exact and found[0] != "seq"
        else:
            exact = False
    index = next((name for name in INDEXED if len(columns.get(name, ())) == 1), None)
    return Plan(
        indexed={} if index is None else {index: columns[index]},
        also={name: columns[name] for name in _OTHER_COLUMNS if name in columns and name != index},
        from_ms=max(from_ms, default=None),
        until_ms=min(until_ms, default=None),
        exact=exact and all(name in (index, *_OTHER_COLUMNS) for name in columns),
    )


def _column(part: Tree) -> tuple[str, tuple[object, ...]] | None:
    """The column, and the values of which a row must have one; None when no column says so."""
    options = part.of if isinstance(part, OneOf) else (part,)
    values = [option for option in options if isinstance(option, Value) and not option.prefix]
    fields = {value.field for value in values}
    if len(values) != len(options) or len(fields) != 1:
        return None
    (field,) = fields
    if field == LOG_ID:
        # -1 is no row's number: nothing is found, as nothing has that id.
        return "seq", tuple(-1 if (seq := seq_of(value.text)) is None else seq for value in values)
    return (field, tuple(value.text for value in values)) if field in (*INDEXED, *_OTHER_COLUMNS) else None
