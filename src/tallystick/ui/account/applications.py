"""Applications with access to one's account: which there are, and how they lose it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from ...authorization.codes import take_back
from ...clients.directory import ClientDirectory
from ...live import LiveRecords
from ...tenants.tenant import Tenant
from ...tokens.families import Families, refreshes
from ...tokens.family import TokenFamily
from ...users.consents import Consents
from ..visit import Reply, Sent, Visit
from .person import session_of

WITHDRAWN_BECAUSE = "consent-withdrawn"


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """What one application may do."""

    client_id: str
    name: str
    scope: tuple[str, ...]
    since_ms: int


ReadApplications = Callable[[Tenant, str, int], Awaitable[list[Access]]]
"""Tenant, user id and the time in milliseconds → applications with access, by name."""


def applications_of(live: LiveRecords, consents: Consents, clients: ClientDirectory) -> ReadApplications:
    """Whoever was granted something, or holds a refresh token that lives."""

    async def read(tenant: Tenant, user_id: str, now_ms: int) -> list[Access]:
        where = {"user_id": user_id, "withdrawn_at_ms": None}
        families = await live.find(TokenFamily, tenant.tenant_id, where=where)
        given = [(one.client_id, one.scope, one.created_at_ms) for one in await consents.of_person(tenant, user_id)]
        given += [(one.client_id, one.scope, one.created_at_ms) for one in families if refreshes(one, now_ms)]
        found = []
        for client_id in dict.fromkeys(client_id for client_id, _, _ in given):
            registered = await clients.find(tenant.tenant_id, client_id)
            if registered is None:
                continue
            its = [(scope, since_ms) for id, scope, since_ms in given if id == client_id]
            scope = tuple(dict.fromkeys(one for scope, _ in its for one in scope))
            since_ms = min(since_ms for _, since_ms in its)
            found.append(Access(client_id=client_id, name=registered.client.name, scope=scope, since_ms=since_ms))
        return sorted(found, key=lambda access: access.name.casefold())

    return read


class ApplicationsPage:
    """POST: take an application's access back. What it holds is worth nothing from then on."""

    def __init__(self, live: LiveRecords, consents: Consents, families: Families) -> None:
        self._live = live
        self._consents = consents
        self._families = families

    async def show(self, visit: Visit) -> Reply:
        """Applications stand on the overview."""
        return Sent("/account")

    async def act(self, visit: Visit) -> Reply:
        """Consent first, then codes: what is withdrawn cannot begin anew."""
        user_id, client_id = session_of(visit).user_id, visit.form.get("client_id", "")
        await self._consents.withdraw(visit.tenant, user_id, client_id)
        where = {"user_id": user_id, "client_id": client_id}
        await take_back(self._live, visit.tenant.tenant_id, where)
        await self._families.withdraw_where(visit.tenant.tenant_id, where, WITHDRAWN_BECAUSE, visit.now_ms)
        return Sent("/account?done=application")
