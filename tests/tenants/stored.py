"""A real store in a fresh file, and the tenants that the tests of these rooms speak of."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tallystick.events import Event
from tallystick.records import DEPLOYMENT, Change, Record
from tallystick.storage.migrate import migrate
from tallystick.storage.opening import open_storage
from tallystick.storage.store import Storage
from tallystick.tenants.tenant import Tenant

NOW_MS = 1_800_000_000_000
TENANT = Tenant(
    tenant_id="t1",
    name="one",
    issuer="https://one.example/",
    mtls_issuer="https://mtls.one.example/",
    created_at_ms=NOW_MS,
)
OTHER = Tenant(
    tenant_id="t2",
    name="two",
    issuer="https://two.example/",
    mtls_issuer="https://mtls.two.example/",
    created_at_ms=NOW_MS,
)


@asynccontextmanager
async def stored(directory: Path, *records: Record) -> AsyncIterator[Storage]:
    """Storage that holds ``records``; opening the same directory again is another worker's view of it."""
    url = f"sqlite:///{directory / 'test.db'}"
    await migrate(url)
    storage = await open_storage(url)
    await storage.start()
    try:
        if records:
            await save(storage, DEPLOYMENT, *records)
        yield storage
    finally:
        await storage.close()


async def save(storage: Storage, tenant_id: str, *records: Record) -> None:
    """One change; also without records, as an unrelated change of the tenant."""
    await storage.commit(Change(tenant_id=tenant_id, base_revision=await storage.revision(tenant_id), saves=records))


def log(description: str, **details: Any) -> Event:
    """What a door hands to a writer."""
    return Event(tenant_id="t1", type="sapi", at_ms=NOW_MS, description=description, details=details)
