"""How the log is read, once for both databases. Every statement walks one index in the order of its rows."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.sql.base import Executable

from ..events import LogRow, seq_of
from . import schema
from .logrows import log_row
from .mapping import Shape, filter_of
from .reads import Reads, page_of
from .statements import Query, condition_of, limited_to

_SEQ = schema.log.columns["seq"]
LARGEST_SEQ = Query("SELECT coalesce(max(seq), 0) FROM log", ())
_BOUNDS = {
    "after": _SEQ.__gt__(bindparam("after", type_=_SEQ.type)),
    "before": _SEQ.__lt__(bindparam("before", type_=_SEQ.type)),
}


class LogReads(Reads):
    """Implements `events.LogReader`."""

    @abstractmethod
    async def log_settled_seq(self) -> int:
        """A number up to which the log is whole: no row with this number or a smaller one is still to appear."""

    async def log_page(
        self,
        tenant_id: str,
        *,
        after_seq: int | None = None,
        before_seq: int | None = None,
        where: Mapping[str, object] | None = None,
        newest_first: bool = True,
        offset: int = 0,
        limit: int = 50,
    ) -> list[LogRow]:
        """Rows between two numbers, both excluded; ``where`` names columns of the log."""
        bounds = {"after": after_seq, "before": before_seq}
        rows = await self._log_rows("document", tenant_id, where, bounds, newest_first, page_of(offset, limit))
        return [log_row(*row) for row in rows]

    async def log_edge(
        self,
        tenant_id: str,
        rows: int,
        *,
        after_seq: int | None = None,
        before_seq: int | None = None,
        where: Mapping[str, object] | None = None,
        newest_first: bool = True,
    ) -> int | None:
        """The number of the last row of a page of so many rows; None when there are fewer."""
        bounds = {"after": after_seq, "before": before_seq}
        found = await self._log_rows("seq", tenant_id, where, bounds, newest_first, page_of(rows - 1, 1))
        return int(found[0][0]) if found else None

    async def _log_rows(
        self,
        column: str,
        tenant_id: str,
        where: Mapping[str, object] | None,
        bounds: Mapping[str, int | None],
        newest_first: bool,
        page: Mapping[str, int],
    ) -> Sequence[Sequence[Any]]:
        filtered = filter_of(schema.log, {**(where or {}), "tenant_id": tenant_id})
        if filtered is None:
            return []
        shape, values = filtered
        given = {name: seq for name, seq in bounds.items() if seq is not None}
        query = self._statements.prepared(
            ("log", column, shape, tuple(given), newest_first),
            lambda _: limited_to(_stretch(column, shape, tuple(given), newest_first=newest_first)),
        )
        return await self._rows(query, {**values, **given, **page})

    async def log_count(
        self, tenant_id: str, *, where: Mapping[str, object] | None = None, at_most: int | None = None
    ) -> int:
        """How many rows there are; counting stops at ``at_most``."""
        filtered = filter_of(schema.log, {**(where or {}), "tenant_id": tenant_id})
        if filtered is None:
            return 0
        shape, values = filtered
        if at_most is None:
            return await self._count(schema.log, {**(where or {}), "tenant_id": tenant_id})
        query = self._statements.prepared(("log count", shape), lambda _: _count_some(shape))
        return int((await self._rows(query, values | page_of(0, at_most)))[0][0])

    async def log_get(self, tenant_id: str, log_id: str) -> LogRow | None:
        """The row with this id, or None."""
        seq = seq_of(log_id)
        rows = [] if seq is None else await self.log_page(tenant_id, where={"seq": seq}, limit=1)
        return next((row for row in rows if row.log_id == log_id), None)

    async def log_seq_from(self, tenant_id: str, at_ms: int) -> int:
        """About where the rows of this moment begin, by halving; an index by time would cost every row that is written.

        Rows are in the order of writing, which is that of time but for what requests and nodes' clocks differ.
        """
        newest = await self._probe(tenant_id, 0, newest_first=True)
        oldest = await self._probe(tenant_id, 0, newest_first=False)
        if newest is None or oldest is None:
            return 0
        low, high = oldest[0], newest[0] + 1
        while low < high:
            middle = (low + high) // 2
            row = await self._probe(tenant_id, middle, newest_first=False)
            if row is None or row[1] >= at_ms:
                high = middle
            else:
                low = row[0] + 1
        return low

    async def _probe(self, tenant_id: str, from_seq: int, *, newest_first: bool) -> tuple[int, int] | None:
        """Number and time of the first row from a number on, or of the last."""
        bounds = {"after": from_seq - 1}
        rows = await self._log_rows("at_ms", tenant_id, None, bounds, newest_first, page_of(0, 1))
        return (int(rows[0][0]), int(rows[0][1])) if rows else None


def _stretch(column: str, shape: Shape, bounds: tuple[str, ...], *, newest_first: bool) -> Select[Any]:
    """Number and one column of rows; ``bounds`` names those of ``after`` and ``before`` that are given."""
    columns = (_SEQ,) if column == "seq" else (_SEQ, schema.log.columns[column])
    statement = select(*columns).where(condition_of(schema.log, shape), *(_BOUNDS[bound] for bound in bounds))
    return statement.order_by(_SEQ.desc() if newest_first else _SEQ)


def _count_some(shape: Shape) -> Executable:
    """How many rows match, up to ``limit``."""
    some = limited_to(select(_SEQ).where(condition_of(schema.log, shape)))
    return select(func.count()).select_from(some.subquery())
