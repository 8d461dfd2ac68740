"""How records are read, once for both databases; the log is read in `log_reads`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Table

from ..onetime import OneTimeValue
from ..records import Record
from . import schema
from .mapping import TABLES, filter_of, key_of, record_of, storable
from .statements import Query, Statements

R = TypeVar("R", bound=Record)

OFFSET_MAX = 2**31 - 1


class Reads(ABC):
    """The reading half of `records.Records`, and facts of the deployment."""

    _statements: Statements

    @abstractmethod
    async def _rows(self, query: Query, values: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        """All rows of a reading statement."""

    async def _count(self, table: Table, where: Mapping[str, object]) -> int:
        filtered = filter_of(table, where)
        if filtered is None:
            return 0
        rows = await self._rows(self._statements.count(table, filtered[0]), filtered[1])
        return int(rows[0][0])

    async def _select(self, kind: type[R], where: Mapping[str, object], **page: Any) -> list[R]:
        table = TABLES[kind]
        filtered = filter_of(table, where)
        if filtered is None:
            return []
        shape, values = filtered
        limited = "limit" in page
        query = self._statements.select(table, shape, newest_first=page.pop("newest_first", False), limited=limited)
        return [record_of(kind, row) for row in await self._rows(query, values | page)]

    async def get(self, kind: type[R], tenant_id: str, *key: str) -> R | None:
        """The record with this key, or None."""
        table, values = TABLES[kind], (tenant_id, *key)
        if not all(map(storable, values)):
            return None
        named = {f"key_{name}": value for name, value in zip(key_of(table), values, strict=True)}
        rows = await self._rows(self._statements.record(table), named)
        return record_of(kind, rows[0]) if rows else None

    async def find(
        self,
        kind: type[R],
        tenant_id: str | None,
        *,
        where: Mapping[str, object] | None = None,
        newest_first: bool = False,
        offset: int = 0,
        limit: int | None = None,
    ) -> list[R]:
        """Records in the order they were made; ``tenant_id`` None searches every tenant."""
        filters = dict(where or {}) if tenant_id is None else {**(where or {}), "tenant_id": tenant_id}
        if limit is None and offset == 0:
            return await self._select(kind, filters, newest_first=newest_first)
        return await self._select(kind, filters, newest_first=newest_first, **page_of(offset, limit))

    async def count(self, kind: type[R], tenant_id: str, *, where: Mapping[str, object] | None = None) -> int:
        """How many records :meth:`find` would give without a limit."""
        return await self._count(TABLES[kind], {**(where or {}), "tenant_id": tenant_id})

    async def revision(self, tenant_id: str) -> int:
        """The tenant's revision as the database has it now; 0 for a tenant that does not exist yet."""
        value = await self._value(schema.revision, "revision", tenant_id)
        return int(value or 0)

    async def deployment_get(self, name: str) -> bytes | None:
        """A fact of the deployment, or None."""
        value = await self._value(schema.deployment, "value", name)
        return None if value is None else bytes(value)

    async def is_spent(self, value: OneTimeValue) -> bool:
        """Whether somebody spent it; looks, and spends nothing."""
        query = self._statements.value(schema.one_time, "expires_at_ms")
        return bool(await self._rows(query, {"key_key": value.key()}))

    async def _value(self, table: Table, column: str, key: str) -> Any:
        if not storable(key):
            return None
        (key_column,) = table.primary_key
        rows = await self._rows(self._statements.value(table, column), {f"key_{key_column.name}": key})
        return rows[0][0] if rows else None


def page_of(offset: int, limit: int | None) -> dict[str, int]:
    """``offset`` and ``limit`` as statements take them; None has no limit."""
    wanted = OFFSET_MAX if limit is None else limit
    return {"offset": min(max(offset, 0), OFFSET_MAX), "limit": min(max(wanted, 0), OFFSET_MAX)}
