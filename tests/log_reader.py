"""Reads the tenant's log from the database, as an auditor with access to it would."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.storage.opening import open_storage
from tallystick.tenants.tenant import Tenant

if TYPE_CHECKING:
    from tests.server import Server


def read_log(server: Server, correlation_id: str) -> list[dict[str, Any]]:
    """The rows under a correlation id, over all tenants."""
    return asyncio.run(_read(server.database_url, correlation_id))


async def _read(url: str, correlation_id: str) -> list[dict[str, Any]]:
    storage = await open_storage(url)
    try:
        found = []
        for tenant in await storage.find(Tenant, None):
            found += await storage.log_page(tenant.tenant_id, where={"correlation_id": correlation_id})
        return [msgspec.to_builtins(row.event) for row in found]
    finally:
        await storage.close()
