"""How live records are written, once for both databases: each by its version, all of one write or nothing."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Column, Dialect, Table, and_, bindparam, delete, select
from sqlalchemy.sql.base import Executable

from ..events import Event
from ..live import LiveRecord
from ..records import Stale
from . import schema
from .changes import Steps
from .live_schema import FORGETTING
from .logrows import row_of_event
from .mapping import TABLES, fields_of, filter_of, key_of, record_of, row_of
from .reads import Reads, page_of
from .statements import Query, Statements, condition_of, limited_to

T = TypeVar("T")
L = TypeVar("L", bound=LiveRecord)

FORGET_BATCH = 500


class LiveWriting(Reads):
    """The writing half of `live.LiveRecords`."""

    @abstractmethod
    async def _carry_out(self, steps: Callable[[], Steps]) -> None:
        """Drive the steps in one durable transaction; they may be made anew."""

    @abstractmethod
    async def _hold(self, work: Coroutine[Any, Any, T]) -> T:
        """Let the work finish even when the waiter is cancelled."""

    async def write(
        self,
        *,
        saves: Sequence[LiveRecord] = (),
        erasures: Sequence[LiveRecord] = (),
        events: Sequence[Event] = (),
    ) -> None:
        """All of it or nothing; raises `Stale`, `Conflict`, and `InvalidField` for what no column can hold."""
        if not saves and not erasures:
            raise ValueError("a write saves or erases something; an event alone is recorded")
        # In one order everywhere: two workers that wait for each other's rows would be a deadlock.
        saves, erasures = sorted(saves, key=_place), sorted(erasures, key=_place)
        await self._hold(self._carry_out(lambda: _write(self._statements, saves, erasures, events)))

    async def erase_where(self, kind: type[LiveRecord], tenant_id: str, where: Mapping[str, object]) -> int:
        """Erase every record that matches, whatever its version; how many there were."""
        table = TABLES[kind]
        filtered = filter_of(table, {**where, "tenant_id": tenant_id})
        if filtered is None:
            return 0
        shape, values = filtered
        query = self._statements.prepared(
            ("erase_where", table.name, shape), lambda _: delete(table).where(condition_of(table, shape))
        )
        return await self._hold(self._count_of(query, values))

    async def due(self, kind: type[L], moment: str, until_ms: int, limit: int) -> list[L]:
        """Records of every tenant whose ``moment`` has come; the earliest first."""
        table = TABLES[kind]
        query = self._statements.prepared(("due", table.name, moment), lambda _: _due(table, table.columns[moment]))
        rows = await self._rows(query, {"until_ms": until_ms, **page_of(0, limit)})
        return [record_of(kind, row) for row in rows]

    async def forget(self, now_ms: int) -> int:
        """Delete the rows whose time is over, in small batches; how many there were."""
        forgotten = 0
        for table in FORGETTING:
            query = self._statements.prepared(("forget", table.name), _forgetting(table))
            values = {"now_ms": now_ms, **page_of(0, FORGET_BATCH)}
            while (count := await self._count_of(query, values)) == FORGET_BATCH:
                forgotten += count
            forgotten += count
        return forgotten

    async def _count_of(self, query: Query, values: Mapping[str, Any]) -> int:
        touched = 0

        def steps() -> Steps:
            nonlocal touched
            touched = yield query, query.arguments(values)

        await self._carry_out(steps)
        return touched


def _place(record: LiveRecord) -> tuple[str, ...]:
    table = TABLES[type(record)]
    return (table.name, *(str(getattr(record, name)) for name in key_of(table)))


def _write(
    statements: Statements, saves: Sequence[LiveRecord], erasures: Sequence[LiveRecord], events: Sequence[Event]
) -> Steps:
    for record in erasures:
        query, values = _erasing(statements, TABLES[type(record)]), _standing(record)
        if (yield query, query.arguments(values)) != 1:
            raise Stale(f"{type(record).__name__} is no longer at version {record.version}")
    for record in saves:
        yield from _save(statements, record)
    insert = statements.insert(schema.log)
    for event in events:
        yield insert, insert.arguments(row_of_event(event))


def _save(statements: Statements, record: LiveRecord) -> Steps:
    table, row = TABLES[type(record)], {**row_of(record), "version": record.version + 1}
    if record.version == 0:
        insert = statements.insert(table)
        yield insert, insert.arguments(row)
        return
    query = _replacing(statements, table)
    if (yield query, query.arguments(_standing(record) | {f"new_{name}": value for name, value in row.items()})) != 1:
        raise Stale(f"{type(record).__name__} is no longer at version {record.version}")


def _standing(record: LiveRecord) -> dict[str, Any]:
    """The key and the version that a row must still have."""
    names = (*key_of(TABLES[type(record)]), "version")
    return {f"key_{name}": getattr(record, name) for name in names}


def _stands(table: Table) -> Any:
    names = (*key_of(table), "version")
    return and_(*(table.columns[name] == bindparam(f"key_{name}", type_=table.columns[name].type) for name in names))


def _replacing(statements: Statements, table: Table) -> Query:
    columns = [column for column in table.columns if column.name != "made"]
    values = {column.name: bindparam(f"new_{column.name}", type_=column.type) for column in columns}
    return statements.prepared(("replace", table.name), lambda _: table.update().where(_stands(table)).values(values))


def _erasing(statements: Statements, table: Table) -> Query:
    return statements.prepared(("erase", table.name), lambda _: delete(table).where(_stands(table)))


def _due(table: Table, moment: Column[Any]) -> Executable:
    come = moment <= bindparam("until_ms", type_=moment.type)
    return limited_to(select(*fields_of(table)).where(come).order_by(moment, table.columns["made"]))


def _forgetting(table: Table) -> Callable[[Dialect], Executable]:
    made, purge_at_ms = table.columns["made"], table.columns["purge_at_ms"]
    past = purge_at_ms < bindparam("now_ms", type_=purge_at_ms.type)
    over = limited_to(select(made).where(past))
    return lambda _: delete(table).where(made.in_(over))
