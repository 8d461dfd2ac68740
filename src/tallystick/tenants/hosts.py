"""From the ``Host`` header to the tenant: configured hosts alone, compared exactly (attacks.md 49)."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import asdict

from ..records import DEPLOYMENT, FORGOTTEN, Records, RevisionCache, Revisions
from .tenant import SeenTenant, Tenant, TenantHost


class HostDirectory:
    """Which tenant a host leads to, and how it is seen there. Two dictionary look-ups while nothing changes."""

    def __init__(self, records: Records, revisions: Revisions) -> None:
        self._records = records
        # Which hosts there are changes with the deployment; what a tenant's record says, with the tenant.
        self._hosts: RevisionCache[Mapping[str, TenantHost]] = RevisionCache(revisions)
        self._issuers: RevisionCache[Mapping[str, frozenset[str]]] = RevisionCache(revisions)
        self._tenants: RevisionCache[Tenant | None] = RevisionCache(revisions)

    async def tenant_of(self, host: str) -> Tenant | None:
        """The tenant of a ``Host`` header as that host shows it, or None.

        Letter case does not count (RFC 9110 4.2.3); all else does: a name with a final dot, another port, or user
        information is another host, and unknown. A host of a custom domain shows the tenant with the domain's issuers.
        """
        # str.lower() would also fold letters beyond ASCII, such as the Kelvin sign, into ASCII ones.
        if not host.isascii():
            return None
        row = (await self.every()).get(host.lower())
        if row is None:
            return None
        # The issuers are part of the key: they change with the deployment, not with the tenant.
        key = "" if row.issuer is None else f"{row.issuer} {row.mtls_issuer}"
        found = self._tenants.remembered(row.tenant_id, key)
        return found if found is not FORGOTTEN else await self._tenants.get(row.tenant_id, key, lambda: self._load(row))

    async def every(self) -> Mapping[str, TenantHost]:
        """Every host there is."""
        found = self._hosts.remembered(DEPLOYMENT, "")
        return found if found is not FORGOTTEN else await self._hosts.get(DEPLOYMENT, "", self._load_hosts)

    async def issuers(self, tenant: Tenant) -> frozenset[str]:
        """Every issuer under which the tenant speaks now: its own, and those of its verified custom domains."""
        custom = await self._issuers.get(DEPLOYMENT, "", self._load_issuers)
        return custom.get(tenant.tenant_id, frozenset()) | {tenant.canonical.issuer}

    async def _load(self, row: TenantHost) -> Tenant | None:
        tenant = await self._records.get(Tenant, row.tenant_id)
        return tenant if tenant is None or row.issuer is None else seen_by(row, tenant)

    async def _load_hosts(self) -> Mapping[str, TenantHost]:
        # Every tenant's hosts, and only these: the one question that no single tenant can answer.
        return {row.host: row for row in await self._records.find(TenantHost, None)}

    async def _load_issuers(self) -> Mapping[str, frozenset[str]]:
        issuers: dict[str, frozenset[str]] = {}
        for row in (await self.every()).values():
            if row.issuer is not None:
                issuers[row.tenant_id] = issuers.get(row.tenant_id, frozenset()) | {row.issuer}
        return issuers


def seen_by(row: TenantHost, tenant: Tenant) -> SeenTenant:
    """The tenant as the host of a custom domain shows it."""
    issuer = row.issuer or tenant.issuer
    shown = asdict(tenant) | {"issuer": issuer, "mtls_issuer": row.mtls_issuer or issuer}
    return SeenTenant(**shown, own=tenant)


async def own_urls(records: Records, tenant: Tenant) -> frozenset[str]:
    """Every URL at which the tenant is found, with the final slash, as the database has it now."""
    rows = await records.find(TenantHost, tenant.tenant_id)
    own = tenant.canonical
    named = {own.issuer, own.mtls_issuer, *(row.issuer for row in rows if row.issuer is not None)}
    return frozenset(named | {f"https://{row.host}/" for row in rows})
