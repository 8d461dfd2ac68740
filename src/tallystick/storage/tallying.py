"""Tallies in the database: sums that grow by what workers bring."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Dialect, Table, bindparam, case, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.base import Executable

from ..tallies import CredentialUses, DailyCount
from . import schema
from .changes import Steps
from .mapping import filter_of
from .reads import Reads
from .statements import Statements

SUMS = {
    schema.credential_use.name: ("uses", "last_used_at_ms"),
    schema.daily_count.name: ("count", "updated_at_ms"),
}
"""Table → the column that is a sum, and the date that moves forward."""


class Tallying(Reads):
    """Implements `tallies.TallyStore`."""

    @abstractmethod
    async def _carry_out(self, steps: Callable[[], Steps]) -> None:
        """Drive the steps in one durable transaction; they may be made anew."""

    async def add_tallies(self, uses: Sequence[CredentialUses], counts: Sequence[DailyCount]) -> None:
        """Add to what is there. Raises Unavailable."""
        await self._carry_out(lambda: _steps(self._statements, uses, counts))

    async def credential_uses(self, tenant_id: str, credential_ids: Collection[str]) -> dict[str, CredentialUses]:
        """By credential; one that was never used is not among them."""
        table = schema.credential_use
        filtered = filter_of(table, {"tenant_id": tenant_id, "credential_id": tuple(credential_ids)})
        if filtered is None:
            return {}
        rows = await self._rows(self._statements.rows(table, filtered[0]), filtered[1])
        return {row[1]: CredentialUses(**_named(table, row)) for row in rows}

    async def daily_counts(self, tenant_id: str, from_day: str, to_day: str) -> list[DailyCount]:
        """The counts of these days, both included, by day and name."""
        query = self._statements.prepared("daily_counts", lambda _: _daily_counts())
        rows = await self._rows(query, {"tenant_id": tenant_id, "from_day": from_day, "to_day": to_day})
        return [DailyCount(**_named(schema.daily_count, row)) for row in rows]


def _named(table: Table, row: Sequence[Any]) -> dict[str, Any]:
    return {column.name: value for column, value in zip(table.columns, row, strict=True)}


def _steps(statements: Statements, uses: Sequence[CredentialUses], counts: Sequence[DailyCount]) -> Steps:
    for table, rows in ((schema.credential_use, uses), (schema.daily_count, counts)):
        query = statements.prepared(("add", table.name), partial(_add, table))
        for row in rows:
            yield query, query.arguments({column.name: getattr(row, column.name) for column in table.columns})


def _add(table: Table, dialect: Dialect) -> Executable:
    insert: Any = (postgresql.insert if dialect.name == "postgresql" else sqlite.insert)(table)
    insert = insert.values({column.name: bindparam(column.name, type_=column.type) for column in table.columns})
    total, date = (table.columns[name] for name in SUMS[table.name])
    new, old = insert.excluded[date.name], date
    return insert.on_conflict_do_update(  # type: ignore[no-any-return]  # one API, two dialects
        index_elements=list(table.primary_key),
        set_={total.name: total + insert.excluded[total.name], date.name: case((new > old, new), else_=old)},
    )


def _daily_counts() -> Executable:
    """The counts of a tenant between two days."""
    columns = schema.daily_count.columns
    return (
        select(*columns)
        .where(
            columns["tenant_id"] == bindparam("tenant_id"),
            columns["day"].between(bindparam("from_day"), bindparam("to_day")),
        )
        .order_by(columns["day"], columns["name"])
    )
