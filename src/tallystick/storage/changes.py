"""How a change is carried out, step by step, without saying by which database.

A generator yields a statement with its arguments, and is told how many rows it touched; the databases only drive it,
inside one transaction.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from typing import Any

from ..errors import Conflict
from ..records import Change, Record, Stale
from . import schema
from .logrows import row_of_event
from .mapping import TABLES, key_of, row_of
from .statements import Query, Statements

Steps = Generator[tuple[Query, tuple[Any, ...]], int, None]


def _key_values(record: Record) -> dict[str, Any]:
    return {f"key_{name}": getattr(record, name) for name in key_of(TABLES[type(record)])}


def _raise_revision(statements: Statements, change: Change) -> Steps:
    """Another change came first when the row is not at the base; for a new tenant, when there is a row."""
    if change.base_revision == 0:
        query = statements.insert_absent(schema.revision)
        values: dict[str, Any] = {"tenant_id": change.tenant_id, "revision": 1}
    else:
        query = statements.raise_revision()
        values = {"key_tenant_id": change.tenant_id, "base": change.base_revision, "raised": change.base_revision + 1}
    if (yield query, query.arguments(values)) != 1:
        raise Stale(f"tenant {change.tenant_id} is no longer at revision {change.base_revision}")


def _save(statements: Statements, record: Record) -> Steps:
    # Update, then insert: an upsert would report another unique column of the very same row as a clash in SQLite.
    table, row = TABLES[type(record)], row_of(record)
    update, insert = statements.update(table), statements.insert(table)
    new = {f"new_{name}": value for name, value in row.items()}
    if (yield update, update.arguments(new | _key_values(record))) == 0:
        yield insert, insert.arguments(row)


def apply_change(statements: Statements, change: Change) -> Steps:
    """Raise the revision, erase, save, log; raises :class:`Stale` or :class:`InvalidField`."""
    yield from _raise_revision(statements, change)
    for record in change.erasures:
        query = statements.delete(TABLES[type(record)])
        yield query, query.arguments(_key_values(record))
    for record in change.saves:
        yield from _save(statements, record)
    insert = statements.insert(schema.log)
    for event in change.events:
        yield insert, insert.arguments(row_of_event(event))


def apply_all(statements: Statements, changes: Iterable[Change], facts: Mapping[str, bytes]) -> Steps:
    """Several changes and facts of the deployment, as one."""
    for change in changes:
        yield from apply_change(statements, change)
    update, insert = statements.update(schema.deployment), statements.insert(schema.deployment)
    for name, value in facts.items():
        values = {"new_name": name, "new_value": value, "key_name": name}
        if (yield update, update.arguments(values)) == 0:
            yield insert, insert.arguments({"name": name, "value": value})


def unique_clash(constraint: str, cause: Exception) -> Conflict:
    """What a broken unique constraint is to the caller; the log alone gets its name."""
    description = "Something with one of these values exists already."
    conflict = Conflict(description, error_code="conflict", check="unique", constraint=constraint)
    conflict.__cause__ = cause
    return conflict
