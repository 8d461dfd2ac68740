"""The one writer of client grants: every door that makes or changes one goes through here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ..errors import NotFound
from ..records import Decision, Json, Record, Writer
from ..tenants.registry import Log
from ..tenants.tenant import Tenant
from .client_grant_rules import (
    check_changeable,
    checked_new,
    new_client_grant,
    new_client_grant_id,
    updated_client_grant,
)
from .client_grants import ClientGrant
from .registry import ResourceServers
from .resource_servers import ResourceServer

FindClient = Callable[[str, str], Awaitable[Record | None]]
"""(tenant_id, client_id) → the client, or None; `clients` is a neighbour, so whoever wires hands it in."""


class ClientGrants:
    """Grants clients access to APIs, and takes it back."""

    def __init__(self, writer: Writer, apis: ResourceServers, find_client: FindClient) -> None:
        self._writer = writer
        self._records = writer.records
        self._apis = apis
        self._find_client = find_client

    async def get(self, tenant_id: str, id: str) -> ClientGrant:
        """The grant. Raises NotFound."""
        grant = await self._records.get(ClientGrant, tenant_id, id)
        if grant is None:
            raise NotFound("The client grant does not exist", error_code="inexistent_client_grant")
        return grant

    async def create(self, tenant: Tenant, body: Json, now_ms: int, log: Log) -> ClientGrant:
        """A new grant. Raises InvalidField, NotFound for client or API, Conflict for a second one."""
        values, id, tenant_id = checked_new(body), new_client_grant_id(), tenant.tenant_id

        async def decide() -> Decision[ClientGrant]:
            if await self._find_client(tenant_id, values["client_id"]) is None:
                raise NotFound("The client does not exist", error_code="inexistent_client")
            api = await self._api(tenant_id, values["audience"])
            where = {name: values[name] for name in ("client_id", "audience", "subject_type")}
            existing = await self._records.find(ClientGrant, tenant_id, where=where, limit=1)
            grant = new_client_grant(tenant_id, id, values, api, existing[0] if existing else None, now_ms)
            event = log(
                "Create a client grant", client_grant_id=id, for_client=grant.client_id, audience=grant.audience
            )
            return Decision(grant, saves=(grant,), events=(event,))

        return await self._writer.carry_out(tenant_id, decide)

    async def update(self, tenant: Tenant, id: str, body: Json, now_ms: int, log: Log) -> ClientGrant:
        """The grant after an update. Raises InvalidField, NotFound and NotPermitted."""

        async def decide() -> Decision[ClientGrant]:
            grant = await self.get(tenant.tenant_id, id)
            api = await self._api(tenant.tenant_id, grant.audience)
            changed = updated_client_grant(grant, body, api, now_ms)
            event = log("Update a client grant", client_grant_id=id, changed=sorted(body))
            return Decision(changed, saves=(changed,), events=(event,))

        return await self._writer.carry_out(tenant.tenant_id, decide)

    async def erase(self, tenant: Tenant, id: str, log: Log) -> None:
        """Take a grant back; one that is not there is no error. Raises NotPermitted."""

        async def decide() -> Decision[None]:
            grant = await self._records.get(ClientGrant, tenant.tenant_id, id)
            if grant is None:
                return Decision(None)
            check_changeable(grant)
            return Decision(None, erasures=(grant,), events=(log("Delete a client grant", client_grant_id=id),))

        await self._writer.carry_out(tenant.tenant_id, decide)

    async def _api(self, tenant_id: str, audience: str) -> ResourceServer:
        """The API whose *identifier* this is; its id is no audience."""
        api = await self._apis.get(tenant_id, audience)
        if api.identifier != audience:
            raise NotFound("The resource server does not exist", error_code="inexistent_resource_server")
        return api
