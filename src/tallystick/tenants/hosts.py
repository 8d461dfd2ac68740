"""From the ``Host`` header to the tenant: configured hosts alone, compared exactly (attacks.md 49)."""

from __future__ import annotations

from ..records import DEPLOYMENT, FORGOTTEN, Records, RevisionCache, Revisions
from .tenant import Tenant, TenantHost


class HostDirectory:
    """Which tenant a host leads to. Two dictionary look-ups while nothing changes."""

    def __init__(self, records: Records, revisions: Revisions) -> None:
        self._records = records
        # Which hosts there are changes with the deployment; what a tenant's record says, with the tenant.
        self._hosts: RevisionCache[dict[str, str]] = RevisionCache(revisions)
        self._tenants: RevisionCache[Tenant | None] = RevisionCache(revisions)

    async def tenant_of(self, host: str) -> Tenant | None:
        """The tenant of a ``Host`` header, or None. Letter case does not count (RFC 9110 4.2.3); all else does.

        A name with a final dot, another port, or user information is another host, and unknown.
        """
        # str.lower() would also fold letters beyond ASCII, such as the Kelvin sign, into ASCII ones.
        if not host.isascii():
            return None
        tenant_id = (await self.every()).get(host.lower())
        return None if tenant_id is None else await self.tenant(tenant_id)

    async def every(self) -> dict[str, str]:
        """Every host there is → the id of its tenant."""
        found = self._hosts.remembered(DEPLOYMENT, "")
        return found if found is not FORGOTTEN else await self._hosts.get(DEPLOYMENT, "", self._load_hosts)

    async def tenant(self, tenant_id: str) -> Tenant | None:
        """The tenant by its id, or None."""
        found = self._tenants.remembered(tenant_id, "")
        if found is not FORGOTTEN:
            return found
        return await self._tenants.get(tenant_id, "", lambda: self._records.get(Tenant, tenant_id))

    async def _load_hosts(self) -> dict[str, str]:
        # Every tenant's hosts, and only these: the one question that no single tenant can answer.
        return {row.host: row.tenant_id for row in await self._records.find(TenantHost, None)}
