"""The directory: what a token request needs to know of an API and of a client's grant, remembered between changes."""

from __future__ import annotations

from ..records import FORGOTTEN, Records, RevisionCache, Revisions
from .client_grants import ClientGrant
from .detail_types import DetailTypes, detail_types_of
from .effective import SystemScopes, grant_in_force, with_system_scopes
from .resource_servers import ResourceServer


class ApiDirectory:
    """Finds APIs and grants; what it answers is at most as old as the worker's known revision (500 ms)."""

    def __init__(self, records: Records, revisions: Revisions, system_scopes: SystemScopes) -> None:
        self._records = records
        self._system_scopes = system_scopes
        self._apis: RevisionCache[ResourceServer | None] = RevisionCache(revisions)
        self._grants: RevisionCache[ClientGrant | None] = RevisionCache(revisions)
        self._detail_type_names: RevisionCache[tuple[str, ...]] = RevisionCache(revisions)
        self._detail_types: RevisionCache[DetailTypes] = RevisionCache(revisions)

    async def resource_server(self, tenant_id: str, identifier: str) -> ResourceServer | None:
        """The API with exactly this identifier, or None; the Management API comes with every scope there is."""
        found = self._apis.remembered(tenant_id, identifier)
        if found is not FORGOTTEN:
            return found
        return await self._apis.get(tenant_id, identifier, lambda: self._load_api(tenant_id, identifier))

    async def grant(
        self, tenant_id: str, client_id: str, audience: str, subject_type: str = "client"
    ) -> ClientGrant | None:
        """The grant as it counts now: ``scope`` is what may be given. None without one, or when the API denies all."""
        # NUL occurs in none of the three, so no two grants share a key.
        key = "\0".join((subject_type, client_id, audience))
        found = self._grants.remembered(tenant_id, key)
        if found is not FORGOTTEN:
            return found
        return await self._grants.get(
            tenant_id, key, lambda: self._load_grant(tenant_id, client_id, audience, subject_type)
        )

    async def detail_types(self, api: ResourceServer) -> DetailTypes:
        """The types of authorization details that the API understands, their schemas compiled once per change."""

        async def load() -> DetailTypes:
            return detail_types_of(api)

        return await self._detail_types.get(api.tenant_id, api.identifier, load)

    async def detail_type_names(self, tenant_id: str) -> tuple[str, ...]:
        """Every type that an API of the tenant registers, sorted (RFC 9396 10); read once per change."""

        async def load() -> tuple[str, ...]:
            apis = await self._records.find(ResourceServer, tenant_id)
            return tuple(sorted({name for api in apis for name in api.detail_types}))

        return await self._detail_type_names.get(tenant_id, "", load)

    async def _load_api(self, tenant_id: str, identifier: str) -> ResourceServer | None:
        found = await self._records.find(ResourceServer, tenant_id, where={"identifier": identifier}, limit=1)
        return with_system_scopes(found[0], self._system_scopes()) if found else None

    async def _load_grant(self, tenant_id: str, client_id: str, audience: str, subject_type: str) -> ClientGrant | None:
        api = await self._load_api(tenant_id, audience)
        where = {"client_id": client_id, "audience": audience, "subject_type": subject_type}
        found = await self._records.find(ClientGrant, tenant_id, where=where, limit=1)
        return grant_in_force(found[0], api) if found and api is not None else None
