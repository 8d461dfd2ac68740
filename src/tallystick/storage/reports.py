"""Reports over all credentials of a tenant: what lies idle, and what ends soon."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select
from sqlalchemy.sql.base import Executable

from ..clients.credential import Credential
from ..clients.reports import IdleCredential
from . import schema
from .mapping import fields_of, record_of
from .reads import page_of
from .statements import limited_to
from .tallying import Tallying


class Reports(Tallying):
    """Implements `clients.reports.CredentialReports`."""

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

    async def expiring_credentials(
        self, tenant_id: str, before_ms: int, *, offset: int = 0, limit: int | None = None
    ) -> list[Credential]:
        """Credentials that are not withdrawn and end before ``before_ms``, or have ended; the first to end first."""
        query = self._statements.prepared("expiring", lambda _: _expiring_page())
        values = {"tenant_id": tenant_id, "before_ms": before_ms, **page_of(offset, limit)}
        return [record_of(Credential, row) for row in await self._rows(query, values)]

    async def expiring_credential_count(self, tenant_id: str, before_ms: int) -> int:
        """How many :meth:`expiring_credentials` would give without a limit."""
        query = self._statements.prepared("expiring count", lambda _: _expiring_count())
        return int((await self._rows(query, {"tenant_id": tenant_id, "before_ms": before_ms}))[0][0])


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


def _expiring_page() -> Executable:
    credential = schema.credential.columns
    ordered = select(*fields_of(schema.credential)).where(*_expiring())
    return limited_to(ordered.order_by(credential["expires_at_ms"], credential["made"]))


def _expiring_count() -> Executable:
    return select(func.count()).select_from(schema.credential).where(*_expiring())


def _expiring() -> list[ColumnElement[bool]]:
    credential = schema.credential.columns
    ends = credential["expires_at_ms"]
    return [
        credential["tenant_id"] == bindparam("tenant_id"),
        credential["withdrawn_at_ms"].is_(None),
        # NULL, for what never ends, compares with nothing.
        ends < bindparam("before_ms", type_=ends.type),
    ]
