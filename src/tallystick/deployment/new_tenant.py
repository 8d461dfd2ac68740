"""A tenant with all it contains from its first moment; at the first start and on the operator's command."""

from __future__ import annotations

from ..clock import SystemClock
from ..records import DEPLOYMENT, Change, Record
from ..settings import Settings
from ..signing.make import missing_keys
from ..storage.store import Storage
from ..tenants.addresses import Listeners, first_tenant_addresses, named_tenant_addresses
from ..tenants.create import new_tenant, new_tenant_id
from ..tenants.tenant import Tenant, TenantHost
from .contents import NewTenantContents, new_tenant_contents
from .facts import CHECK_FACT, kept_listeners, opened_storage, secret_hasher, signing_sealer
from .master_key import right_master_key


async def decide_tenant(
    storage: Storage, listeners: Listeners, name: str, host: str, mtls_host: str, master_key: bytes, now_ms: int
) -> tuple[list[Record], NewTenantContents]:
    """Every record of a new tenant, and what is shown of them once. An empty ``host`` is the deployment's own."""
    addresses = named_tenant_addresses(listeners, host, mtls_host) if host else first_tenant_addresses(listeners)
    decision = new_tenant(
        tenant_id=new_tenant_id(),
        name=name,
        issuer=addresses.issuer,
        mtls_issuer=addresses.mtls_issuer,
        host=host,
        mtls_host=mtls_host,
        hosts=addresses.hosts,
        existing_tenants=await storage.find(Tenant, None),
        existing_hosts=await storage.find(TenantHost, None),
        now_ms=now_ms,
    )
    tenant = decision.result
    keys = await missing_keys(signing_sealer(master_key), tenant, (), now_ms)
    contents = new_tenant_contents(tenant, secret_hasher(master_key), now_ms)
    return [*decision.saves, *keys, *contents.records], contents


async def create_tenant(
    settings: Settings, name: str, host: str, mtls_host: str = ""
) -> tuple[Tenant, NewTenantContents]:
    """A further tenant of a running or stopped deployment; workers know it within 500 ms.

    Raises InvalidField, Conflict, and StartupError when the deployment was never started or the key is not right.
    """
    async with opened_storage(settings) as storage, storage.exclusive() as held:
        listeners = await kept_listeners(storage)
        master_key = right_master_key(settings, await held.deployment_get(CHECK_FACT) or b"")
        records, contents = await decide_tenant(
            storage, listeners, name, host, mtls_host, master_key, SystemClock().now_ms()
        )
        revision = await storage.revision(DEPLOYMENT)
        await held.commit([Change(tenant_id=DEPLOYMENT, base_revision=revision, saves=records)], {})
    tenant = next(record for record in records if isinstance(record, Tenant))
    return tenant, contents


async def list_tenants(settings: Settings) -> list[Tenant]:
    """Every tenant, in the order they were made."""
    async with opened_storage(settings) as storage:
        await kept_listeners(storage)
        return await storage.find(Tenant, None)
