"""``/resource-servers`` (auth0.md 4.5): APIs, as administrators see them."""

from __future__ import annotations

from collections.abc import Sequence

from ..apis.effective import SystemScopes, with_system_scopes
from ..apis.registry import ResourceServers
from ..apis.resource_server_fields import RESOURCE_SERVER_FIELDS
from ..apis.resource_servers import ResourceServer
from ..apis.token_encryption import ShownTokenEncryption, shown_token_encryption
from ..fields import Field
from ..records import Json, Records
from .call import Answer, Call, Route
from .description import Body, Pages, Shown, all_but, kept
from .field_choice import FIELDS_PARAMETERS, field_choice
from .pagination import PARAMETERS, page_of
from .query import value_of

ENTITY = "resource_servers"
_LIST = "/resource-servers"
_ONE = "/resource-servers/{id}"
_READ = ("read:resource_servers",)
_FILTERS = {
    **PARAMETERS,
    **FIELDS_PARAMETERS,
    "identifiers": Field(name="identifiers", type=list[str], description="Only APIs with one of these identifiers"),
}
_ENCRYPTION = Field(
    name="token_encryption",
    type=ShownTokenEncryption,
    description="Whether access tokens are encrypted, and to which key",
)
SHOWN = Shown(
    "ResourceServer",
    {**kept(RESOURCE_SERVER_FIELDS), _ENCRYPTION.name: _ENCRYPTION},
    optional=all_but(RESOURCE_SERVER_FIELDS, "id", "identifier"),
)


class ResourceServerResource:
    """The resource."""

    def __init__(self, records: Records, apis: ResourceServers, system_scopes: SystemScopes) -> None:
        self._records = records
        self._apis = apis
        self._system_scopes = system_scopes

    def routes(self) -> tuple[Route, ...]:
        """Its rows of the route table."""
        return (
            Route(
                "GET", _LIST, self._list, _READ, "List the APIs", query=_FILTERS, answers={200: Pages(SHOWN, ENTITY)}
            ),
            Route(
                "POST",
                _LIST,
                self._create,
                ("create:resource_servers",),
                "Register an API",
                body=Body("CreateResourceServer", RESOURCE_SERVER_FIELDS),
                answers={201: SHOWN},
                problems=(409,),
            ),
            Route(
                "GET",
                _ONE,
                self._get,
                _READ,
                "Get an API by its id or its identifier",
                query=FIELDS_PARAMETERS,
                answers={200: SHOWN},
                problems=(404,),
            ),
            Route(
                "PATCH",
                _ONE,
                self._update,
                ("update:resource_servers",),
                "Change an API",
                body=Body("UpdateResourceServer", RESOURCE_SERVER_FIELDS, update=True),
                # 200 as recorded; the published description says 201 (auth0.md 9, row 4).
                answers={200: SHOWN},
                problems=(404,),
            ),
            Route(
                "DELETE",
                _ONE,
                self._erase,
                ("delete:resource_servers",),
                "Remove an API and every grant for it",
                answers={204: None},
            ),
        )

    async def _list(self, call: Call) -> Answer:
        page, choice = page_of(call.query), field_choice(call.query)
        identifiers = value_of(call.query, _FILTERS["identifiers"])
        tenant_id, where = call.tenant.tenant_id, {} if identifiers is None else {"identifier": tuple(identifiers)}

        async def find(offset: int, limit: int | None) -> Sequence[ResourceServer]:
            return await self._records.find(ResourceServer, tenant_id, where=where, offset=offset, limit=limit)

        async def count() -> int:
            return await self._records.count(ResourceServer, tenant_id, where=where)

        return Answer(200, await page.body(ENTITY, find, count, lambda api: choice.of(self._shown(api))))

    async def _get(self, call: Call) -> Answer:
        api = await self._apis.get(call.tenant.tenant_id, call.path["id"])
        return Answer(200, field_choice(call.query).of(self._shown(api)))

    async def _create(self, call: Call) -> Answer:
        return Answer(201, self._shown(await self._apis.create(call.tenant, call.body, call.now_ms, call.event)))

    async def _update(self, call: Call) -> Answer:
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
        if api.token_encryption is not None:
            shown["token_encryption"] = shown_token_encryption(api.token_encryption)
        # auth0.md 4.5: absent rather than empty.
        return {name: value for name, value in shown.items() if value is not None and (name, value) != ("scopes", [])}
