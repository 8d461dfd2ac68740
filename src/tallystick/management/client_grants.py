"""``/client-grants`` (auth0.md 4.4): which client may have which scopes of which API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..apis.client_grants import ClientGrant
from ..apis.grant_registry import ClientGrants
from ..records import Json, Records
from .call import Answer, Call, Route
from .pagination import PARAMETERS, boolean, check_parameters, page_of

ENTITY = "client_grants"
FILTERS = ("client_id", "audience", "subject_type")
"""Filters that are columns."""


class ClientGrantResource:
    """The resource."""

    def __init__(self, records: Records, grants: ClientGrants) -> None:
        self._records = records
        self._grants = grants

    def routes(self) -> tuple[Route, ...]:
        """Its rows of the route table."""
        return (
            Route("GET", "/client-grants", self._list, ("read:client_grants",)),
            Route("POST", "/client-grants", self._create, ("create:client_grants",)),
            Route("GET", "/client-grants/{id}", self._get, ("read:client_grants",)),
            Route("PATCH", "/client-grants/{id}", self._update, ("update:client_grants",)),
            Route("DELETE", "/client-grants/{id}", self._erase, ("delete:client_grants",)),
        )

    async def _list(self, call: Call) -> Answer:
        check_parameters(call.query, PARAMETERS, FILTERS, ("allow_any_organization", "default_for"))
        page, tenant_id, where = page_of(call.query), call.tenant.tenant_id, _where(call.query)

        async def find(offset: int, limit: int | None) -> Sequence[ClientGrant]:
            return await self._records.find(ClientGrant, tenant_id, where=where, offset=offset, limit=limit)

        async def count() -> int:
            return await self._records.count(ClientGrant, tenant_id, where=where)

        return Answer(200, await page.body(ENTITY, find, count, shown))

    async def _get(self, call: Call) -> Answer:
        check_parameters(call.query)
        return Answer(200, shown(await self._grants.get(call.tenant.tenant_id, call.path["id"])))

    async def _create(self, call: Call) -> Answer:
        return Answer(201, shown(await self._grants.create(call.tenant, call.body, call.now_ms, call.event)))

    async def _update(self, call: Call) -> Answer:
        grant = await self._grants.update(call.tenant, call.path["id"], call.body, call.now_ms, call.event)
        return Answer(200, shown(grant))

    async def _erase(self, call: Call) -> Answer:
        await self._grants.erase(call.tenant, call.path["id"], call.event)
        return Answer(204)


def shown(grant: ClientGrant) -> Json:
    """The grant as administrators see it; with ``allow_all_scopes`` there is no list of scopes."""
    body: Json = {
        "id": grant.id,
        "client_id": grant.client_id,
        "audience": grant.audience,
        "scope": grant.scope,
        "subject_type": grant.subject_type,
        **grant.metadata,
    }
    if grant.allow_all_scopes:
        del body["scope"]
    if grant.is_system:
        body["is_system"] = True
    return body


def _where(query: Mapping[str, str]) -> dict[str, object]:
    where: dict[str, object] = {name: query[name] for name in FILTERS if name in query}
    # No grant here is for organizations or by default: who asks for such gets none.
    if boolean(query, "allow_any_organization", default=False) or "default_for" in query:
        where["id"] = ()
    return where
