"""Tallies in the database: sums that grow by what workers bring, and the question which credentials lie idle."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Dialect, Select, Table, and_, bindparam, case, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.base import Executable

from ..clients.credential import Credential
from ..clients.idle import IdleCredential
from ..tallies import CredentialUses, DailyCount
from . import schema
from .changes import Steps
from .mapping import fields_of, filter_of, record_of
from .reads import Reads, page_of
from .statements import Statements, limited_to

SUMS = {
    schema.credential_use.name: ("uses", "last_used_at_ms"),
    schema.daily_count.name: ("count", "updated_at_ms"),
}
"""Table → the column that is a sum, and the date that moves forward."""


class Tallying(Reads):
    """Implements `tallies.TallyStore`, and answers what lies idle."""

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

    async def idle_credentials(
        self, tenant_id: str, before_ms: int, *, client_id: str | None = None, offset: int = 0, limit: int | None = None
    ) -> list[IdleCredential]:
        """Credentials that are not withdrawn, made before ``before_ms`` and not used since, in the order made."""
        of_client = client_id is not None
        query = self._statements.prepared(("idle", of_client), lambda _: _idle_page(of_client=of_client))
        rows = await self._rows(
            query,
            {"tenant_id": tenant_id, "before_ms": before_ms, "client_id": client_id, **page_of(offset, limit)},
        )
        return [IdleCredential(record_of(Credential, row[:-2]), row[-2], row[-1] or 0) for row in rows]

    async def idle_credential_count(self, tenant_id: str, before_ms: int, *, client_id: str | None = None) -> int:
        """How many :meth:`idle_credentials` would give without a limit."""
        of_client = client_id is not None
        query = self._statements.prepared(("idle count", of_client), lambda _: _idle_count(of_client=of_client))
        values = {"tenant_id": tenant_id, "before_ms": before_ms, "client_id": client_id}
        return int((await self._rows(query, values))[0][0])


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


def _idle_credentials(*, of_client: bool) -> Select[Any]:
    """Credentials that are not withdrawn, older than ``before_ms`` and not used since; their last use beside them."""
    use = schema.credential_use.columns
    return (
        select(*fields_of(schema.credential), use["last_used_at_ms"], use["uses"])
        .select_from(_with_use())
        .where(*_idle(of_client=of_client))
        .order_by(schema.credential.columns["made"])
    )


def _idle_page(*, of_client: bool) -> Executable:
    """One page of them."""
    return limited_to(_idle_credentials(of_client=of_client))


def _idle_count(*, of_client: bool) -> Executable:
    """How many there are."""
    return select(func.count()).select_from(_with_use()).where(*_idle(of_client=of_client))


def _with_use() -> Any:
    credential, use = schema.credential.columns, schema.credential_use.columns
    same = and_(use["tenant_id"] == credential["tenant_id"], use["credential_id"] == credential["id"])
    return schema.credential.outerjoin(schema.credential_use, same)


def _idle(*, of_client: bool) -> list[ColumnElement[bool]]:
    credential, used = schema.credential.columns, schema.credential_use.columns["last_used_at_ms"]
    before = bindparam("before_ms", type_=used.type)
    conditions = [
        credential["tenant_id"] == bindparam("tenant_id"),
        credential["withdrawn_at_ms"].is_(None),
        credential["created_at_ms"] < before,
        or_(used.is_(None), used < before),
    ]
    return [*conditions, credential["client_id"] == bindparam("client_id")] if of_client else conditions
