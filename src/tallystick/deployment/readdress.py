"""When a start listens elsewhere than the last one: the tenants' new addresses, and what carries them. Pure.

The issuer comes from configuration. Whoever changes it changes the Management API's audience too, and every token that
is out there is from the old issuer: that is what was asked for.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from ..apis.client_grants import ClientGrant
from ..apis.resource_servers import ResourceServer
from ..errors import StartupError
from ..records import Decision, Record
from ..tenants.addresses import Addresses, Listeners, first_tenant_addresses, named_tenant_addresses
from ..tenants.custom_domain import CustomDomain
from ..tenants.domain_rules import hosts_of
from ..tenants.tenant import Tenant, TenantHost


def addresses_of(tenant: Tenant, listeners: Listeners) -> Addresses:
    """Where a tenant is found, given how the deployment listens now."""
    if not tenant.host:
        return first_tenant_addresses(listeners)
    return named_tenant_addresses(listeners, tenant.host, tenant.mtls_host)


def readdressed(
    tenant: Tenant,
    listeners: Listeners,
    hosts: Sequence[TenantHost],
    system_apis: Sequence[ResourceServer],
    grants: Sequence[ClientGrant],
    domains: Sequence[CustomDomain],
) -> Decision[Tenant]:
    """The tenant at its new addresses. Everything handed in is the tenant's own.

    Its custom domains stay what they are; only the spellings with our own ports follow.
    """
    addresses = addresses_of(tenant, listeners)
    moved = replace(tenant, issuer=addresses.issuer, mtls_issuer=addresses.mtls_issuer)
    old_audience, new_audience = tenant.url("api/v2/"), moved.url("api/v2/")
    rows = [TenantHost(tenant_id=tenant.tenant_id, host=host) for host in addresses.hosts]
    rows += [row for domain in domains if domain.is_ready for row in hosts_of(domain, listeners)]
    wanted = {row.host for row in rows}
    saves = [
        moved,
        *rows,
        *(replace(api, identifier=new_audience) for api in system_apis if api.identifier == old_audience),
        *(replace(grant, audience=new_audience) for grant in grants if grant.audience == old_audience),
    ]
    return Decision(moved, saves=saves, erasures=[host for host in hosts if host.host not in wanted])


def check_hosts_apart(saves: Sequence[Record]) -> None:
    """Two owners of one host cannot be: the operator named a host that is a tenant's custom domain.

    Raises StartupError. Saved over one another, one of them would quietly lose it.
    """
    owners: dict[str, TenantHost] = {}
    for row in saves:
        if isinstance(row, TenantHost) and owners.setdefault(row.host, row) != row:
            domain = row.custom_domain_id or owners[row.host].custom_domain_id
            if domain is not None:
                raise StartupError(f"the host {row.host} is a tenant's custom domain, {domain}: delete that first")
