"""``/client-grants`` (auth0.md 4.4): which client may have which scopes of which API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from ..apis.client_grant_fields import CLIENT_GRANT_FIELDS
from ..apis.client_grants import ClientGrant
from ..apis.grant_registry import ClientGrants
from ..fields import Field, field_table
from ..records import Json, Records
from .call import Answer, Call, Route
from .description import Body, Pages, Shown, all_but, kept
from .pagination import PARAMETERS, page_of
from .query import value_of

ENTITY = "client_grants"
_LIST = "/client-grants"
_ONE = "/client-grants/{id}"
_READ = ("read:client_grants",)
_COLUMNS = ("client_id", "audience", "subject_type")
_FILTERS = {
    **PARAMETERS,
    **field_table(
        (
            Field(name="client_id", type=str, description="Only grants of this application"),
            Field(name="audience", type=str, description="Only grants for this API"),
            Field(name="subject_type", type=Literal["client", "user"], description="Only grants of this kind"),
            Field(
                name="allow_any_organization",
                type=bool,
                default=False,
                description="true finds none: no grant here is for organizations",
            ),
            Field(name="default_for", type=str, description="Finds none: no grant here is by default"),
        )
    ),
}
SHOWN = Shown(
    "ClientGrant",
    kept(CLIENT_GRANT_FIELDS),
    optional=all_but(CLIENT_GRANT_FIELDS, "id", "client_id", "audience", "subject_type"),
)


class ClientGrantResource:
    """The resource."""

    def __init__(self, records: Records, grants: ClientGrants) -> None:
        self._records = records
        self._grants = grants

    def routes(self) -> tuple[Route, ...]:
        """Its rows of the route table."""
        return (
            Route(
                "GET", _LIST, self._list, _READ, "List the grants", query=_FILTERS, answers={200: Pages(SHOWN, ENTITY)}
            ),
            Route(
                "POST",
                _LIST,
                self._create,
                ("create:client_grants",),
                "Grant an application scopes of an API",
                body=Body("CreateClientGrant", CLIENT_GRANT_FIELDS),
                answers={201: SHOWN},
                problems=(404, 409),
            ),
            Route("GET", _ONE, self._get, _READ, "Get a grant", answers={200: SHOWN}, problems=(404,)),
            Route(
                "PATCH",
                _ONE,
                self._update,
                ("update:client_grants",),
                "Change the scopes of a grant",
                body=Body("UpdateClientGrant", CLIENT_GRANT_FIELDS, update=True),
                answers={200: SHOWN},
                problems=(404,),
            ),
            Route("DELETE", _ONE, self._erase, ("delete:client_grants",), "Take a grant back", answers={204: None}),
        )

    async def _list(self, call: Call) -> Answer:
        page, tenant_id, where = page_of(call.query), call.tenant.tenant_id, _where(call.query)

        async def find(offset: int, limit: int | None) -> Sequence[ClientGrant]:
            return await self._records.find(ClientGrant, tenant_id, where=where, offset=offset, limit=limit)

        async def count() -> int:
            return await self._records.count(ClientGrant, tenant_id, where=where)

        return Answer(200, await page.body(ENTITY, find, count, shown))

    async def _get(self, call: Call) -> Answer:
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
    where: dict[str, object] = {name: query[name] for name in _COLUMNS if name in query}
    # No grant here is for organizations or by default: who asks for such gets none.
    if value_of(query, _FILTERS["allow_any_organization"]) or "default_for" in query:
        where["id"] = ()
    return where
