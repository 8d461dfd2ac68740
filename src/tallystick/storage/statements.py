"""Statements: SQLAlchemy writes the SQL once per shape and dialect; both databases run the text themselves."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Dialect, Integer, Select, Table, and_, bindparam, false, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.base import Executable

from . import schema
from .mapping import Shape, fields_of, key_of

CACHE_MAX = 2_000
"""Distinct statements remembered; filters with ever new counts of values must not fill the memory."""


class Query(NamedTuple):
    """SQL text, and the names of its positional parameters in order."""

    sql: str
    names: tuple[str, ...]

    def arguments(self, values: Mapping[str, Any]) -> tuple[Any, ...]:
        """The values in the order the text wants them."""
        return tuple(values[name] for name in self.names)


def condition_of(table: Table, shape: Shape) -> ColumnElement[bool]:
    """The filter of this shape; its parameters are named as `mapping.filter_of` names the values."""
    conditions: list[ColumnElement[bool]] = []
    for name, count, or_null in shape:
        column = table.columns[name]
        options = [bindparam(f"{name}_{index}", type_=column.type) for index in range(count)]
        match: ColumnElement[bool] = column.in_(options) if len(options) > 1 else false()
        if len(options) == 1:
            match = column == options[0]
        conditions.append(or_(match, column.is_(None)) if or_null else match)
    return and_(*conditions) if conditions else and_(True)


def _key_condition(table: Table) -> ColumnElement[bool]:
    return and_(
        *(table.columns[name] == bindparam(f"key_{name}", type_=table.columns[name].type) for name in _key(table))
    )


def _key(table: Table) -> tuple[str, ...]:
    return key_of(table) if "key" in table.info else tuple(column.name for column in table.primary_key)


class Statements:
    """Compiled statements of one dialect, remembered."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._made: dict[Hashable, Query] = {}

    def _query(self, shape: Hashable, write: Callable[[], Executable]) -> Query:
        query = self._made.get(shape)
        if query is None:
            if len(self._made) >= CACHE_MAX:
                self._made.clear()
            compiled: Any = write().compile(dialect=self._dialect)  # type: ignore[attr-defined]  # every statement compiles
            query = self._made[shape] = Query(str(compiled), tuple(compiled.positiontup))
        return query

    def prepared(self, shape: Hashable, write: Callable[[Dialect], Executable]) -> Query:
        """A statement of another file, written once per ``shape``; ``write`` is told the dialect."""
        return self._query(shape, lambda: write(self._dialect))

    def rows(self, table: Table, shape: Shape) -> Query:
        """Every column of the rows that match, of any table."""
        return self._query(
            ("rows", table.name, shape), lambda: select(*table.columns).where(condition_of(table, shape))
        )

    def select(self, table: Table, shape: Shape, *, newest_first: bool = False, limited: bool = False) -> Query:
        """Records in the order made; when ``limited`` also takes ``limit`` and ``offset``."""

        def write() -> Executable:
            order = table.columns["made"].desc() if newest_first else table.columns["made"]
            statement = select(*fields_of(table)).where(condition_of(table, shape)).order_by(order)
            return limited_to(statement) if limited else statement

        return self._query(("select", table.name, shape, newest_first, limited), write)

    def record(self, table: Table) -> Query:
        """The record with this key (``key_<column>``)."""
        return self._query(("record", table.name), lambda: select(*fields_of(table)).where(_key_condition(table)))

    def count(self, table: Table, shape: Shape) -> Query:
        """How many rows match."""
        return self._query(
            ("count", table.name, shape),
            lambda: select(func.count()).select_from(table).where(condition_of(table, shape)),
        )

    def value(self, table: Table, column: str) -> Query:
        """One column of the row with this primary key (``key_<column>``)."""
        return self._query(
            ("value", table.name, column), lambda: select(table.columns[column]).where(_key_condition(table))
        )

    def insert(self, table: Table) -> Query:
        """A new row; rows that count themselves get their number."""
        names = [column.name for column in table.columns if column.name not in ("made", "seq")]
        values = {name: bindparam(name, type_=table.columns[name].type) for name in names}
        return self._query(("insert", table.name), lambda: table.insert().inline().values(values))

    def insert_absent(self, table: Table) -> Query:
        """A new row unless its primary key is there already."""

        def write() -> Executable:
            insert: Any = (postgresql.insert if self._dialect.name == "postgresql" else sqlite.insert)(table)
            values = {column.name: bindparam(column.name, type_=column.type) for column in table.columns}
            return insert.values(values).on_conflict_do_nothing()  # type: ignore[no-any-return]  # one API, two dialects

        return self._query(("insert_absent", table.name), write)

    def update(self, table: Table) -> Query:
        """Every column of the row with this key (``key_<column>``)."""
        columns = [column for column in table.columns if column.name != "made"]
        values = {column.name: bindparam(f"new_{column.name}", type_=column.type) for column in columns}
        return self._query(("update", table.name), lambda: table.update().where(_key_condition(table)).values(values))

    def delete(self, table: Table) -> Query:
        """The row with this key (``key_<column>``)."""
        return self._query(("delete", table.name), lambda: table.delete().where(_key_condition(table)))

    def raise_revision(self) -> Query:
        """``raised`` as the revision, if it still is ``base``."""
        table = schema.revision
        stands = table.columns["revision"] == bindparam("base", type_=table.columns["revision"].type)
        return self._query(
            "raise_revision",
            lambda: (
                table.update()
                .where(_key_condition(table), stands)
                .values(revision=bindparam("raised", type_=table.columns["revision"].type))
            ),
        )


def limited_to(statement: Select[Any]) -> Select[Any]:
    """The statement with ``limit`` and ``offset`` as parameters."""
    return statement.limit(bindparam("limit", type_=Integer())).offset(bindparam("offset", type_=Integer()))
