"""Writes a backup: every table as it was at one moment, while others go on writing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any

from sqlalchemy import Connection, LargeBinary, MetaData, Table, inspect, select

from ..errors import StartupError
from . import schema
from .backup_file import FORMAT, VERSION, BackupWriter, Head
from .migrate import current_of
from .steps import is_known
from .store import PURGE_GRACE_MS

ROWS_AT_ONCE = 500


def write_backup(connection: Connection, file: IO[bytes], now_ms: int) -> dict[str, int]:
    """Write everything but one-time values whose time is over; how many rows each table had.

    The tables may be at an older revision than this release's. Raises :class:`StartupError` when there are none, or
    when a newer release made them.
    """
    revision = current_of(connection)
    if revision is None:
        raise StartupError("the database is empty: there is nothing to back up")
    if not is_known(revision):
        raise StartupError(f"a newer release made these tables ({revision}): back up with that release")
    tables = tables_of(connection)
    head = Head(
        format=FORMAT,
        version=VERSION,
        revision=revision,
        created_at_ms=now_ms,
        database=connection.dialect.name,
        tables={name: [str(column.name) for column in table.columns] for name, table in tables.items()},
    )
    writer = BackupWriter(file, head)
    for name, table in tables.items():
        writer.begin(name)
        for row in _rows(connection, table, now_ms):
            writer.row(row)
    return writer.end()


def tables_of(connection: Connection) -> dict[str, Table]:
    """Our tables that are there, with the columns that they have there."""
    present = set(inspect(connection).get_table_names())
    names = [str(table.name) for table in schema.metadata.sorted_tables if table.name in present]
    found = MetaData()
    return {name: Table(name, found, autoload_with=connection) for name in names}


def is_binary(table: Table, column: str) -> bool:
    """Whether a column's values are bytes, which JSON has in base64."""
    return isinstance(table.columns[column].type, LargeBinary)


def _rows(connection: Connection, table: Table, now_ms: int) -> Iterator[list[Any]]:
    query = select(table).order_by(*table.primary_key.columns)
    if table.name == schema.one_time.name:
        query = query.where(table.columns["expires_at_ms"] >= now_ms - PURGE_GRACE_MS)
    for row in connection.execute(query, execution_options={"yield_per": ROWS_AT_ONCE}):
        yield list(row)
