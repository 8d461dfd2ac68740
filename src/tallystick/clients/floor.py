"""The floor: the profile that a tenant demands of all its clients at least, and who is exempt from it.

The applications that hold the Management API as a whole are exempt (`apis.system_grants`): otherwise the call that sets
a floor could be the last that anybody makes. They may take a ``compliance_level`` of their own, which then counts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from ..profiles import Profile, profile_of
from ..records import FORGOTTEN, Records, RevisionCache, Revisions
from ..tenants.settings import compliance_level_floor
from ..tenants.tenant import Tenant
from .client import Client

ExemptClients = Callable[[str], Awaitable[frozenset[str]]]
"""tenant_id → ids of the clients that no floor counts for."""
NO_FLOOR = "none"


async def nobody(tenant_id: str) -> frozenset[str]:
    """Nobody is exempt."""
    return frozenset()


class Floor(msgspec.Struct, frozen=True):
    """The floor of one tenant."""

    name: str = NO_FLOOR
    exempt: frozenset[str] = frozenset()

    def profile_for(self, client: Client) -> Profile:
        """The rules in force for a client: its own profile and the floor, of each the stricter."""
        is_exempt = client.client_id in self.exempt
        return profile_of(client.compliance_level, None if is_exempt else self.name)


async def floor_of(tenant: Tenant, exempt: ExemptClients) -> Floor:
    """The floor that this tenant has set."""
    name = compliance_level_floor(tenant)
    return Floor(name, await exempt(tenant.tenant_id)) if name != NO_FLOOR else Floor()


class Floors:
    """Remembers every tenant's floor while its revision stands still."""

    def __init__(self, records: Records, revisions: Revisions, exempt: ExemptClients = nobody) -> None:
        self._records = records
        self._exempt = exempt
        self._floors: RevisionCache[Floor] = RevisionCache(revisions)

    async def of(self, tenant_id: str) -> Floor:
        """The floor, at most as old as the worker's known revision (500 ms)."""
        found = self._floors.remembered(tenant_id, "")
        if found is not FORGOTTEN:
            return found
        return await self._floors.get(tenant_id, "", lambda: self._load(tenant_id))

    async def _load(self, tenant_id: str) -> Floor:
        tenant = await self._records.get(Tenant, tenant_id)
        return Floor() if tenant is None else await floor_of(tenant, self._exempt)
