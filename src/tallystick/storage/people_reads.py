"""How people are searched, once for both databases: the tree of `users.search` as the condition of a statement.

Values are parameters, always. What is kept as JSON is read out of its text by the database's own functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Dialect,
    Function,
    Text,
    and_,
    bindparam,
    case,
    cast,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.sql.base import Executable
from sqlalchemy.types import TypeEngine

from ..users.attempts import FailedAttempts
from ..users.search import AllOf, Between, Exists, Is, Kind, Like, Not, OneOf, Order, Searchable, Tree
from ..users.user import DATABASE_CONNECTION, User
from . import live_schema
from .mapping import clamped, fields_of, record_of, storable
from .reads import Reads, page_of
from .sqlite_file import LOWER
from .statements import Query, limited_to

_USER = live_schema.user
_ATTEMPTS = live_schema.failed_attempts
_ESCAPE = "\\"


class PeopleReads(Reads):
    """Implements `users.search.PeopleReader`."""

    async def find_users(
        self, tenant_id: str, tree: Tree, order: Order | None = None, *, offset: int = 0, limit: int
    ) -> Sequence[User]:
        """Those asked for, in order; by default that in which they were made."""
        condition, values, shape = _compiled(tree)

        def write(dialect: Dialect) -> Executable:
            by = [] if order is None else [_ordering(order, dialect)]
            found = select(*fields_of(_USER)).where(_of_tenant(), condition(dialect))
            return limited_to(found.order_by(*by, _USER.columns["made"]))

        query = self._statements.prepared(("find_users", shape, order), write)
        rows = await self._rows(query, {**values, **_people(tenant_id), **page_of(offset, limit)})
        return [record_of(User, row) for row in rows]

    async def count_users(self, tenant_id: str, tree: Tree) -> int:
        """How many there are."""
        condition, values, shape = _compiled(tree)

        def write(dialect: Dialect) -> Executable:
            return select(func.count()).select_from(_USER).where(_of_tenant(), condition(dialect))

        query = self._statements.prepared(("count_users", shape), write)
        return int((await self._rows(query, {**values, **_people(tenant_id)}))[0][0])

    async def attempts_at(self, tenant_id: str, beginning: str) -> Sequence[FailedAttempts]:
        """The counts whose subject begins so."""
        columns = _ATTEMPTS.columns
        subject, tenant = columns["subject"], columns["tenant_id"]
        query: Query = self._statements.prepared(
            "attempts_at",
            lambda _: select(*fields_of(_ATTEMPTS)).where(
                tenant == bindparam("tenant", type_=tenant.type),
                subject.like(bindparam("beginning", type_=subject.type), escape=_ESCAPE),
            ),
        )
        rows = await self._rows(query, {"tenant": tenant_id, "beginning": _literal(beginning) + "%"})
        found = (record_of(FailedAttempts, row) for row in rows)
        # SQLite's LIKE takes an id for another that differs in case alone.
        return [counted for counted in found if counted.subject.startswith(beginning)]


class _Condition:
    """One tree, with its values taken out: trees that differ in them alone share a statement."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    def shape(self, tree: Tree) -> Tree:
        """The tree with the names of parameters in place of values."""
        match tree:
            case Not():
                return Not(self.shape(tree.of))
            case AllOf():
                return AllOf(tuple(map(self.shape, tree.of)))
            case OneOf():
                return OneOf(tuple(map(self.shape, tree.of)))
            case Is():
                return Is(tree.by, self._named(tree.value, tree.by))
            case Like():
                pattern = "%".join(map(_literal, tree.pieces))
                return Like(tree.by, (self._named(pattern, tree.by),))
            case Between():
                return Between(tree.by, *(None if one is None else self._number(one) for one in (tree.start, tree.end)))
            case _:
                return tree

    def _named(self, value: str | int | bool, by: Searchable) -> str:
        name = f"value_{len(self.values)}"
        if isinstance(value, str) and by.kind is Kind.TEXT:
            value = value.lower()
        self.values[name] = value
        return name

    def _number(self, value: int) -> int:
        # A number stands in the shape as the number of its parameter.
        self.values[f"value_{len(self.values)}"] = clamped(value)
        return len(self.values) - 1


def _compiled(tree: Tree) -> tuple[Any, dict[str, Any], Tree]:
    """(dialect → condition, the values of its parameters, what the statement is remembered by)."""
    made = _Condition()
    shape = made.shape(tree)
    if not all(storable(value) for value in made.values.values()):
        return (lambda _: false()), {}, OneOf(())
    return (lambda dialect: _written(shape, dialect)), made.values, shape


def _written(tree: Tree, dialect: Dialect) -> ColumnElement[bool]:
    match tree:
        case Not():
            # What has no value is not the one asked for: NULL counts as no.
            return not_(func.coalesce(_written(tree.of, dialect), false()))
        case AllOf():
            return and_(true(), *(_written(part, dialect) for part in tree.of))
        case OneOf():
            return or_(false(), *(_written(part, dialect) for part in tree.of))
        case Exists():
            return _value(tree.by, dialect).is_not(None)
        case Like():
            pattern = _given(tree.pieces[0], tree.by, Text(), dialect)
            return _value(tree.by, dialect).like(pattern, escape=_ESCAPE)
        case Between():
            bounds = []
            column = _value(tree.by, dialect)
            if tree.start is not None:
                bounds.append(column >= bindparam(f"value_{tree.start}", type_=column.type))
            if tree.end is not None:
                bounds.append(column < bindparam(f"value_{tree.end}", type_=column.type))
            return and_(column.is_not(None), *bounds)
        case Is():
            value = _value(tree.by, dialect)
            return value == _given(str(tree.value), tree.by, value.type, dialect)


def _value(by: Searchable, dialect: Dialect) -> ColumnElement[Any]:
    if by.kind is Kind.PROFILE:
        return _folded(_member(by.place, dialect), dialect)
    column: ColumnElement[Any] = _USER.columns[by.place[0]]
    # Names are kept in lower case already.
    return column


def _given(name: str, by: Searchable, type: TypeEngine[Any], dialect: Dialect) -> ColumnElement[Any]:
    given = bindparam(name, type_=type)
    return _folded(given, dialect) if by.kind is Kind.PROFILE else given


def _folded(text: ColumnElement[Any], dialect: Dialect) -> ColumnElement[Any]:
    """In lower case, whichever script it is in; both sides of a comparison by the same function."""
    if dialect.name == "postgresql":
        # What lower() alone knows depends on how the database was made: in one of locale C, A to Z.
        return func.lower(text.collate("und-x-icu"))
    return Function(LOWER, text, type_=Text())


def _member(path: Sequence[str], dialect: Dialect) -> ColumnElement[Any]:
    """A member of ``metadata`` as text; ``true`` and ``false`` by these names on both databases."""
    metadata = _USER.columns["metadata"]
    if dialect.name == "postgresql":
        return func.json_extract_path_text(cast(metadata, JSON()), *(_constant(part) for part in path))
    place = _constant("$" + "".join(f'."{part}"' for part in path))
    kind = func.json_type(metadata, place)
    is_flag = kind.in_((_constant("true"), _constant("false")))
    return case((is_flag, kind), else_=cast(func.json_extract(metadata, place), Text()))


def _constant(text: str) -> ColumnElement[str]:
    """A text that `users.search` lets through: letters, digits, - and _ alone, and what stands here."""
    assert "'" not in text  # noqa: S101 - `users.search.MEMBER` holds it
    return literal_column(f"'{text}'", Text())


def _ordering(order: Order, dialect: Dialect) -> ColumnElement[Any]:
    value = _value(order.by, dialect)
    return value.desc().nulls_last() if order.descending else value.asc().nulls_last()


def _of_tenant() -> ColumnElement[bool]:
    columns = _USER.columns
    return and_(
        columns["tenant_id"] == bindparam("tenant", type_=columns["tenant_id"].type),
        columns["connection"] == bindparam("people", type_=columns["connection"].type),
        not_(columns["is_administrator"]),
    )


def _people(tenant_id: str) -> dict[str, Any]:
    return {"tenant": tenant_id, "people": DATABASE_CONNECTION}


def _literal(text: str) -> str:
    for special in (_ESCAPE, "%", "_"):
        text = text.replace(special, _ESCAPE + special)
    return text
