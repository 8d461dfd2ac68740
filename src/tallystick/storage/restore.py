"""Reads a backup into a database, whichever it came from: all of it, or nothing.

What holds afterwards, though the past has been put back:

- a one-time value that is kept here stays spent; `onetime.Fence` stands for those that were spent after the backup
- revisions are higher than any that a running worker can know, so none goes on with what it remembers
- log rows get numbers that none had before, and access tokens places in the status lists that none had
- a key that was taken out of its set by address since is not believed because the set was fresh then
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Table, func, select, text

from ..errors import StartupError
from ..onetime import RESTORED_FACT
from ..records import DEPLOYMENT
from ..tokens.status_places import LIST_PLACES
from . import schema
from .backup import is_binary, tables_of
from .backup_file import BackupReader
from .live_schema import key_set, status_counter
from .migrate import MIGRATION_LOCK, current_of, upgrade_to
from .steps import head, is_known

ROWS_AT_ONCE = 500
LOG_GAP = 1_000_000_000
"""Numbers of log rows that are left out: nobody knows how many were given after the backup."""
PLACES_GAP = LIST_PLACES
"""Places of status lists, likewise: tokens that were issued since may be alive, and must not share one with others."""


def restore(connection: Connection, backup: BackupReader, *, replace: bool, now_ms: int) -> None:
    """Put the backup's rows in, with ``replace`` in place of what is there, and bring the tables to this release.

    Raises :class:`StartupError` when something is there otherwise, and for a backup that is damaged or of a newer
    release; then nothing of the transaction may stay.
    """
    if not is_known(backup.head.revision):
        raise StartupError(
            f"the backup is of a newer release (tables at {backup.head.revision}, this release knows {head()}): "
            "restore it with that release"
        )
    present = _take(connection)
    if not replace and any(connection.execute(select(one).limit(1)).first() for one in present.values()):
        raise StartupError("the database is not empty: --replace puts the backup in place of everything there")
    revisions = _revisions(connection) if present else {}
    last_seq = _last(connection, present["log"], "seq") if present else 0
    places = _places(connection) if status_counter.name in present else {}
    _make_room(connection, backup.head.revision, present)
    _put(connection, backup)
    if present:
        _keep_spent(connection)
    upgrade_to(connection, "head")
    _raise_revisions(connection, revisions, now_ms)
    _count_on(connection, last_seq)
    _leave_places_out(connection, places)
    connection.execute(key_set.update().values(fresh_until_ms=0))
    connection.execute(schema.deployment.delete().where(schema.deployment.c.name == RESTORED_FACT))
    connection.execute(schema.deployment.insert().values(name=RESTORED_FACT, value=b""))


def _take(connection: Connection) -> dict[str, Table]:
    """Keep everybody else out until the end of the transaction; the tables that are there."""
    if connection.dialect.name != "postgresql":  # SQLite's write lock is held already
        return tables_of(connection)
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
    present = tables_of(connection)
    if present:
        connection.execute(text(f"LOCK TABLE {', '.join(present)} IN ACCESS EXCLUSIVE MODE"))
    return present


def _make_room(connection: Connection, revision: str, present: Mapping[str, Table]) -> None:
    """Empty tables, at the backup's revision. What was spent here is set aside."""
    if present:
        connection.execute(text("CREATE TEMPORARY TABLE kept_one_time AS SELECT key, expires_at_ms FROM one_time"))
    if current_of(connection) == revision:
        for table in present.values():
            connection.execute(table.delete())
        return
    for table in present.values():
        table.drop(connection)
    connection.execute(text("DROP TABLE IF EXISTS alembic_version"))
    upgrade_to(connection, revision)


def _put(connection: Connection, backup: BackupReader) -> None:
    tables = tables_of(connection)
    for name, columns in backup.head.tables.items():
        if name not in tables or not set(columns) <= set(tables[name].columns.keys()):
            raise StartupError(f"the backup has a table {name} that revision {backup.head.revision} does not have so")
    for name, rows in _batches(backup.rows()):
        binary = [column for column in backup.head.tables[name] if is_binary(tables[name], column)]
        for row in rows:
            row.update({column: b64decode(row[column], validate=True) for column in binary if row[column] is not None})
        connection.execute(tables[name].insert(), rows)


def _batches(rows: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The rows of one table at a time, not too many of them."""
    current, batch = "", list[dict[str, Any]]()
    for name, row in rows:
        if batch and (name != current or len(batch) == ROWS_AT_ONCE):
            yield current, batch
            batch = []
        current = name
        batch.append(row)
    if batch:
        yield current, batch


def _keep_spent(connection: Connection) -> None:
    connection.execute(
        text(
            "INSERT INTO one_time (key, expires_at_ms) SELECT key, expires_at_ms FROM kept_one_time "
            "WHERE key NOT IN (SELECT key FROM one_time)"
        )
    )
    connection.execute(text("DROP TABLE kept_one_time"))


def _revisions(connection: Connection) -> dict[str, int]:
    rows = connection.execute(select(schema.revision.c.tenant_id, schema.revision.c.revision))
    return {row.tenant_id: row.revision for row in rows}


def _raise_revisions(connection: Connection, before: Mapping[str, int], now_ms: int) -> None:
    """A worker that knows a tenant at some revision must read it anew, also when that revision is in no table any more.

    They are counted one by one, so the milliseconds of the clock are beyond all that were ever given.
    """
    tenants = {DEPLOYMENT, *connection.execute(select(schema.tenant.c.tenant_id)).scalars(), *before}
    restored = _revisions(connection)
    raised = [
        {"tenant_id": tenant, "revision": max(before.get(tenant, 0) + 1, restored.get(tenant, 0) + 1, now_ms)}
        for tenant in tenants | set(restored)
    ]
    connection.execute(schema.revision.delete())
    connection.execute(schema.revision.insert(), raised)


def _count_on(connection: Connection, last_seq: int) -> None:
    """Let every table that numbers its rows go on behind the last one; the log far behind it."""
    for table in schema.metadata.sorted_tables:
        column = next((name for name in ("made", "seq") if name in table.columns), None)
        if column is None:
            continue
        last = _last(connection, table, column)
        if table.name == schema.log.name:
            last = max(last, last_seq) + LOG_GAP
        _set_counter(connection, table.name, column, last)


def _places(connection: Connection) -> dict[tuple[str, str], int]:
    """Which place comes next, by tenant and counter."""
    columns = status_counter.c
    rows = connection.execute(select(columns.tenant_id, columns.id, columns.next_place))
    return {(row.tenant_id, row.id): row.next_place for row in rows}


def _leave_places_out(connection: Connection, before: Mapping[tuple[str, str], int]) -> None:
    """Let every counter of the backup go on far behind what it was, then and here."""
    columns = status_counter.c
    for (tenant_id, id), restored in _places(connection).items():
        next_place = max(restored, before.get((tenant_id, id), 0)) + PLACES_GAP
        connection.execute(
            status_counter.update()
            .where(columns.tenant_id == tenant_id, columns.id == id)
            .values(next_place=next_place)
        )


def _last(connection: Connection, table: Table, column: str) -> int:
    return connection.execute(select(func.max(table.columns[column]))).scalar() or 0


def _set_counter(connection: Connection, table: str, column: str, last: int) -> None:
    if connection.dialect.name == "postgresql":
        counter = connection.execute(select(func.pg_get_serial_sequence(table, column))).scalar()
        connection.execute(select(func.setval(counter, max(last, 1), last > 0)))
        return
    connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": table})
    connection.execute(
        text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"), {"name": table, "last": last}
    )
