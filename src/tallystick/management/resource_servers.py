"""``/resource-servers`` (auth0.md 4.5): APIs, as administrators see them."""

from __future__ import annotations

from collections.abc import Sequence

from ..apis.effective import SystemScopes, with_system_scopes
from ..apis.registry import ResourceServers
from ..apis.resource_servers import ResourceServer
from ..records import Json, Records
from .call import Answer, Call, Route
from .pagination import FIELDS_PARAMETERS, PARAMETERS, check_parameters, field_choice, page_of

ENTITY = "resource_servers"


class ResourceServerResource:
    """The resource."""

    def __init__(self, records: Records, apis: ResourceServers, system_scopes: SystemScopes) -> None:
        self._records = records
        self._apis = apis
        self._system_scopes = system_scopes

    def routes(self) -> tuple[Route, ...]:
        """Its rows of the route table."""
        return (
            Route("GET", "/resource-servers", self._list, ("read:resource_servers",)),
            Route("POST", "/resource-servers", self._create, ("create:resource_servers",)),
            Route("GET", "/resource-servers/{id}", self._get, ("read:resource_servers",)),
            Route("PATCH", "/resource-servers/{id}", self._update, ("update:resource_servers",)),
            Route("DELETE", "/resource-servers/{id}", self._erase, ("delete:resource_servers",)),
        )

    async def _list(self, call: Call) -> Answer:
        check_parameters(call.query, PARAMETERS, FIELDS_PARAMETERS, ("identifiers",))
        page, choice = page_of(call.query), field_choice(call.query)
        tenant_id, where = call.tenant.tenant_id, {}
        if "identifiers" in call.query:
            where = {"identifier": tuple(call.query["identifiers"].split(","))}

        async def find(offset: int, limit: int | None) -> Sequence[ResourceServer]:
            return await self._records.find(ResourceServer, tenant_id, where=where, offset=offset, limit=limit)

        async def count() -> int:
            return await self._records.count(ResourceServer, tenant_id, where=where)

        return Answer(200, await page.body(ENTITY, find, count, lambda api: choice.of(self._shown(api))))

    async def _get(self, call: Call) -> Answer:
        check_parameters(call.query, FIELDS_PARAMETERS)
        api = await self._apis.get(call.tenant.tenant_id, call.path["id"])
        return Answer(200, field_choice(call.query).of(self._shown(api)))

    async def _create(self, call: Call) -> Answer:
        return Answer(201, self._shown(await self._apis.create(call.tenant, call.body, call.now_ms, call.event)))

    async def _update(self, call: Call) -> Answer:
        # 200 as recorded; the published description says 201 (auth0.md 9, row 4).
        api = await self._apis.update(call.tenant, call.path["id"], call.body, call.now_ms, call.event)
        return Answer(200, self._shown(api))

    async def _erase(self, call: Call) -> Answer:
        await self._apis.erase(call.tenant, call.path["id"], call.event)
        return Answer(204)

    def _shown(self, api: ResourceServer) -> Json:
        api = with_system_scopes(api, self._system_scopes())
        shown: Json = {"id": api.id, "identifier": api.identifier, "name": api.name, **api.metadata}
        if api.is_system:
            shown["is_system"] = True
        # auth0.md 4.5: absent rather than empty.
        return {name: value for name, value in shown.items() if value is not None and (name, value) != ("scopes", [])}
