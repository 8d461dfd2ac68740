"""The one writer of APIs: every door that registers, changes or removes one goes through here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Protocol

from ..errors import NotFound
from ..records import Decision, Json, Record, Records, Writer
from ..tenants.hosts import own_urls
from ..tenants.registry import Log
from ..tenants.tenant import Tenant
from . import resource_server_rules
from .client_grant_rules import check_changeable
from .client_grants import ClientGrant
from .effective import SystemScopes, with_system_scopes
from .resource_servers import ResourceServer

Aftermath = Callable[[str, str], Awaitable[None]]
"""(tenant_id, identifier): takes back what people gave applications at an API that is gone."""


async def find_resource_server(records: Records, tenant_id: str, identifier: str) -> ResourceServer | None:
    """The row with exactly this identifier."""
    found = await records.find(ResourceServer, tenant_id, where={"identifier": identifier}, limit=1)
    return found[0] if found else None


async def grants_of_client(records: Records, tenant_id: str, client_id: str) -> list[ClientGrant]:
    """What goes with a client when it is deleted. Raises NotPermitted for the management application."""
    grants = await records.find(ClientGrant, tenant_id, where={"client_id": client_id})
    # Its grant cannot be deleted, so it cannot go with its holder either: afterwards nobody could administer.
    for grant in grants:
        check_changeable(grant)
    return grants


async def identifiers_under(records: Records, tenant_id: str, urls: Iterable[str]) -> list[str]:
    """The identifiers of the tenant's APIs under these URLs; the Management API's own is none of them."""
    apis = await records.find(ResourceServer, tenant_id, where={"is_system": False})
    return [api.identifier for api in apis if resource_server_rules.is_under(api.identifier, urls)]


async def knows_api(records: Records, tenant_id: str, identifier: str) -> bool:
    """Whether the tenant has an API with exactly this identifier."""
    return await records.count(ResourceServer, tenant_id, where={"identifier": identifier}) > 0


class ForgetPermissions(Protocol):
    """Takes permissions back that an API no longer defines; `users` is a neighbour, so whoever wires hands it in."""

    async def with_change(self, tenant_id: str, audience: str, kept: frozenset[str]) -> Sequence[Record]:
        """Records that change in the same commit."""
        ...

    async def after_change(self, tenant_id: str, audience: str, kept: frozenset[str]) -> None:
        """What is not configuration, once the change holds."""
        ...


class ResourceServers:
    """Registers, changes and removes APIs."""

    def __init__(
        self,
        writer: Writer,
        system_scopes: SystemScopes,
        on_erase: Sequence[Aftermath] = (),
        permissions: ForgetPermissions | None = None,
    ) -> None:
        """``permissions``: who holds permissions of APIs, and loses those that go."""
        self._permissions = permissions
        self._writer = writer
        self._on_erase = tuple(on_erase)
        self._records = writer.records
        self._system_scopes = system_scopes

    async def get(self, tenant_id: str, id: str) -> ResourceServer:
        """The API by its id or its identifier, with the scopes that count now. Raises NotFound."""
        return with_system_scopes(await self._row(tenant_id, id), self._system_scopes())

    async def create(self, tenant: Tenant, body: Json, now_ms: int, log: Log) -> ResourceServer:
        """A new API. Raises InvalidField, and Conflict for an identifier that is taken."""
        values = resource_server_rules.checked_new(body)
        id = resource_server_rules.new_resource_server_id()

        async def decide() -> Decision[ResourceServer]:
            own = await own_urls(self._records, tenant)
            resource_server_rules.check_not_ours(values["identifier"], own)
            existing = await find_resource_server(self._records, tenant.tenant_id, values["identifier"])
            resource_server_rules.check_unique(existing, values["identifier"])
            api = resource_server_rules.new_resource_server(tenant.tenant_id, id, values, now_ms)
            event = log("Create a resource server", resource_server_id=id, identifier=api.identifier)
            return Decision(api, saves=(api,), events=(event,))

        return await self._writer.carry_out(tenant.tenant_id, decide)

    async def update(self, tenant: Tenant, id: str, body: Json, now_ms: int, log: Log) -> ResourceServer:
        """The API after an update. Raises InvalidField, NotFound and NotPermitted."""

        async def decide() -> Decision[ResourceServer]:
            scopes = self._system_scopes()
            api = await self._row(tenant.tenant_id, id)
            changed = resource_server_rules.updated_resource_server(api, body, scopes, now_ms)
            event = log("Update a resource server", resource_server_id=api.id, changed=sorted(body))
            gone = await self._with_change(changed) if "scopes" in body else ()
            return Decision(with_system_scopes(changed, scopes), saves=(changed, *gone), events=(event,))

        updated = await self._writer.carry_out(tenant.tenant_id, decide)
        if self._permissions is not None and "scopes" in body:
            await self._permissions.after_change(tenant.tenant_id, updated.identifier, _defined(updated))
        return updated

    async def erase(self, tenant: Tenant, id: str, log: Log) -> None:
        """Remove an API with every grant for it; one that is not there is no error. Raises NotPermitted."""

        async def decide() -> Decision[ResourceServer | None]:
            try:
                api = await self._row(tenant.tenant_id, id)
            except NotFound:
                return Decision(None)
            resource_server_rules.check_erasable(api)
            grants = await self._records.find(ClientGrant, tenant.tenant_id, where={"audience": api.identifier})
            event = log("Delete a resource server", resource_server_id=api.id, client_grants=len(grants))
            gone = await self._with_change(api, erased=True)
            return Decision(api, saves=gone, erasures=(api, *grants), events=(event,))

        erased = await self._writer.carry_out(tenant.tenant_id, decide)
        if erased is None:
            return
        for forget in self._on_erase:
            await forget(tenant.tenant_id, erased.identifier)
        if self._permissions is not None:
            await self._permissions.after_change(tenant.tenant_id, erased.identifier, frozenset())

    async def _with_change(self, api: ResourceServer, *, erased: bool = False) -> Sequence[Record]:
        """What else changes in the commit, since the API defines other permissions or none."""
        if self._permissions is None:
            return ()
        kept = frozenset[str]() if erased else _defined(api)
        return await self._permissions.with_change(api.tenant_id, api.identifier, kept)

    async def _row(self, tenant_id: str, id: str) -> ResourceServer:
        api = await self._records.get(ResourceServer, tenant_id, id)
        api = api or await find_resource_server(self._records, tenant_id, id)
        if api is None:
            raise NotFound("The resource server does not exist", error_code="inexistent_resource_server")
        return api


def _defined(api: ResourceServer) -> frozenset[str]:
    return frozenset(scope["value"] for scope in api.metadata.get("scopes", ()))
