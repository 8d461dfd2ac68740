"""``/connections`` (auth0.md 4.9): the one there is, the accounts that are kept here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from ..clients.client import Client
from ..errors import NotFound, NotPermitted
from ..fields import Field, field_table
from ..ids import connection_id_of
from ..records import Json, Records
from ..tenants.option_fields import CONNECTION_FIELDS
from ..tenants.option_registry import OptionRegistry
from ..users.user import DATABASE_CONNECTION
from .call import Answer, Call, Route
from .description import Body, Checkpoints, Pages, Shown
from .field_choice import FIELDS_PARAMETERS, field_choice
from .pagination import CHECKPOINT_PARAMETERS, PARAMETERS, checkpoint_of, page_of
from .query import value_of

ENTITY = "connections"
STRATEGY = "auth0"
"""Auth0's word for a database of accounts."""
_LIST, _ONE = "/connections", "/connections/{id}"
_CLIENTS = _ONE + "/clients"
_READ, _UPDATE = ("read:connections",), ("update:connections",)
_FILTERS = {
    **PARAMETERS,
    **FIELDS_PARAMETERS,
    **field_table(
        (
            Field(name="strategy", type=list[str], description="Only connections of these kinds; here all are auth0"),
            Field(name="name", type=str, description="Only the connection of this name"),
        )
    ),
}
SHOWN = Shown(
    "DatabaseConnection",
    field_table(
        (
            Field(name="id", type=str, read_only=True),
            Field(name="name", type=str, read_only=True),
            Field(name="strategy", type=str, read_only=True, description="auth0: accounts that are kept here"),
            CONNECTION_FIELDS["display_name"],
            CONNECTION_FIELDS["options"],
            CONNECTION_FIELDS["metadata"],
            Field(name="realms", type=list[str], description="Its own name"),
            Field(name="is_domain_connection", type=bool, description="Always false"),
            Field(name="enabled_clients", type=list[str], description="Every application"),
        )
    ),
    optional=("display_name", "metadata"),
)
CLIENT_SHOWN = Shown("ConnectionClient", field_table((Field(name="client_id", type=str),)), id="client_id")


class ConnectionClientSwitch(Struct, forbid_unknown_fields=True):
    """Whether an application may use the connection; here every one may."""

    client_id: str
    status: bool


class ConnectionResource:
    """The resource."""

    def __init__(self, options: OptionRegistry, records: Records) -> None:
        self._options = options
        self._records = records

    def routes(self) -> tuple[Route, ...]:
        """Its rows of the route table."""
        return (
            Route(
                "GET",
                _LIST,
                self._list,
                _READ,
                "List the connections: there is one",
                query=_FILTERS,
                answers={200: Pages(SHOWN, ENTITY)},
            ),
            Route(
                "GET",
                _ONE,
                self._get,
                _READ,
                "Get the connection",
                query=FIELDS_PARAMETERS,
                answers={200: SHOWN},
                problems=(404,),
            ),
            Route(
                "PATCH",
                _ONE,
                self._update,
                _UPDATE,
                "Change the connection; options replaces all options",
                body=Body("UpdateConnection", CONNECTION_FIELDS, update=True),
                answers={200: SHOWN},
                problems=(404,),
            ),
            Route(
                "GET",
                _CLIENTS,
                self._clients,
                _READ,
                "List the applications that may use it: all",
                query=CHECKPOINT_PARAMETERS,
                answers={200: Checkpoints(CLIENT_SHOWN, "clients")},
                problems=(404,),
            ),
            Route(
                "PATCH",
                _CLIENTS,
                self._set_clients,
                _UPDATE,
                "Let applications use it: they all may, and none can be kept off",
                body=Body("UpdateConnectionClients", items=ConnectionClientSwitch),
                answers={204: None},
                problems=(404,),
            ),
        )

    async def _list(self, call: Call) -> Answer:
        found, choice = await self._found(call), field_choice(call.query)

        async def find(*, offset: int, limit: int | None) -> Sequence[Json]:
            return found[offset:] if limit is None else found[offset : offset + limit]

        async def count() -> int:
            return len(found)

        return Answer(200, await page_of(call.query).body(ENTITY, find, count, choice.of))

    async def _found(self, call: Call) -> list[Json]:
        strategies = value_of(call.query, _FILTERS["strategy"])
        is_asked = call.query.get("name") in (None, DATABASE_CONNECTION)
        return [await self._shown(call)] if is_asked and (strategies is None or STRATEGY in strategies) else []

    async def _get(self, call: Call) -> Answer:
        _check_id(call)
        return Answer(200, field_choice(call.query).of(await self._shown(call)))

    async def _update(self, call: Call) -> Answer:
        _check_id(call)
        tenant_id = call.tenant.tenant_id
        changed = await self._options.update_connection(
            tenant_id, DATABASE_CONNECTION, call.body, call.now_ms, call.event
        )
        return Answer(200, shown(tenant_id, changed, await self._client_ids(tenant_id)))

    async def _clients(self, call: Call) -> Answer:
        _check_id(call)
        tenant_id, people_of = call.tenant.tenant_id, {"is_global": False}

        async def find(*, offset: int, limit: int | None) -> Sequence[Client]:
            return await self._records.find(Client, tenant_id, where=people_of, offset=offset, limit=limit)

        async def count() -> int:
            return await self._records.count(Client, tenant_id, where=people_of)

        page = checkpoint_of(call.query)
        return Answer(200, await page.body("clients", find, count, lambda client: {"client_id": client.client_id}))

    async def _set_clients(self, call: Call) -> Answer:
        _check_id(call)
        if not all(item.status for item in call.items):
            raise NotPermitted(
                "Every application may use the connection; keep people off by other means",
                error_code="operation_not_supported",
                check="operation.supported",
            )
        return Answer(204)

    async def _shown(self, call: Call) -> Json:
        tenant_id = call.tenant.tenant_id
        return shown(tenant_id, await self._options.connection(tenant_id), await self._client_ids(tenant_id))

    async def _client_ids(self, tenant_id: str) -> list[str]:
        """What Auth0's tools compare their files with."""
        return [client.client_id for client in await self._records.find(Client, tenant_id, where={"is_global": False})]


def _check_id(call: Call) -> None:
    if call.path["id"] != connection_id_of(call.tenant.tenant_id):
        raise NotFound("The connection does not exist", error_code="inexistent_connection")


def shown(tenant_id: str, connection: Mapping[str, object], client_ids: Sequence[str]) -> Json:
    """The connection as administrators see it."""
    return {
        "id": connection_id_of(tenant_id),
        "name": DATABASE_CONNECTION,
        "strategy": STRATEGY,
        **connection,
        "realms": [DATABASE_CONNECTION],
        "is_domain_connection": False,
        "enabled_clients": list(client_ids),
    }
