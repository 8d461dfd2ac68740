"""What the token path writes to SQLite, many rows a statement: log rows, and one-time values with who spent them first.

Every statement hands the interpreter lock away and must win it back from a busy loop; a batch that took one statement
a row spent more time waiting for its turn than writing. So rows go in by powers of two, whose texts are few.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from . import schema

ROWS_MAX = 64
"""Rows per statement; 384 values, far below what SQLite takes."""

Row = tuple[Any, ...]
T = TypeVar("T")


class LogRow(NamedTuple):
    """One row of the log; values in the order of :data:`LOG_COLUMNS`."""

    values: Row


class Spend(NamedTuple):
    """One one-time value to spend."""

    key: bytes
    expires_at_ms: int


LOG_COLUMNS = tuple(column.name for column in schema.log.columns if column.name != "seq")


def append_log(connection: sqlite3.Connection, rows: Sequence[LogRow]) -> None:
    """Add log rows, in their order."""
    for chunk in _chunks(rows):
        values = [value for row in chunk for value in row.values]
        connection.execute(_insert("log", LOG_COLUMNS, len(chunk)), values)


def spend_all(connection: sqlite3.Connection, spends: Sequence[Spend]) -> list[bool]:
    """Whether each value was spent now, and never before. The caller holds the write lock, so nobody comes between."""
    seen: set[bytes] = set()
    for chunk in _chunks(spends):
        found = connection.execute(_select_keys(len(chunk)), [spend.key for spend in chunk]).fetchall()
        seen.update(bytes(row[0]) for row in found)
    first: list[Spend] = []
    won: list[bool] = []
    for spend in spends:
        won.append(spend.key not in seen)  # equal values inside one batch: the first of them
        if won[-1]:
            seen.add(spend.key)
            first.append(spend)
    for chunk in _chunks(first):
        connection.execute(
            _insert("one_time", ("key", "expires_at_ms"), len(chunk)), [value for spend in chunk for value in spend]
        )
    return won


def _chunks(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """The rows in pieces of 64, 32, … 1."""
    at, size = 0, ROWS_MAX
    while at < len(rows):
        while size > len(rows) - at:
            size //= 2
        yield rows[at : at + size]
        at += size


@lru_cache(maxsize=32)
def _insert(table: str, columns: tuple[str, ...], rows: int) -> str:
    row = f"({', '.join('?' * len(columns))})"
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([row] * rows)}"  # noqa: S608  # our own names


@lru_cache(maxsize=16)
def _select_keys(rows: int) -> str:
    return f"SELECT key FROM one_time WHERE key IN ({', '.join('?' * rows)})"  # noqa: S608  # placeholders only
