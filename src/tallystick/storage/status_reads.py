"""Which places of the status lists are withdrawn, once for both databases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Table, and_, bindparam, select, union_all
from sqlalchemy.sql.base import Executable

from .live_schema import revoked_token, token_family
from .reads import Reads


class StatusReads(Reads):
    """Implements `tokens.status_lists.WithdrawnPlaces`."""

    async def withdrawn_places(self, tenant_id: str, list_number: int) -> Sequence[int]:
        """The indexes in one list: of withdrawn families, and of tokens revoked by themselves."""
        query = self._statements.prepared("withdrawn_places", lambda _: _withdrawn_places())
        rows = await self._rows(query, {"tenant": tenant_id, "list_number": list_number})
        return [index for (index,) in rows]


def _withdrawn_places() -> Executable:
    family = token_family.columns
    # As the condition of the partial index has it, so that both databases use it.
    is_listed = and_(family["withdrawn_at_ms"].is_not(None), family["status_list"].is_not(None))
    of_families = select(family["status_index"]).where(_in_list(token_family), is_listed)
    return union_all(of_families, select(revoked_token.columns["status_index"]).where(_in_list(revoked_token)))


def _in_list(table: Table) -> Any:
    return and_(_is(table.columns["tenant_id"], "tenant"), _is(table.columns["status_list"], "list_number"))


def _is(column: Column[Any], name: str) -> Any:
    return column == bindparam(name, type_=column.type)
