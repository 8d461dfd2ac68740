"""Records to keep."""

from __future__ import annotations

from collections.abc import Sequence

from tallystick.clients.client import Client
from tallystick.events import Event
from tallystick.onetime import OneTimeValue
from tallystick.records import Change, Record
from tallystick.storage.store import Storage
from tallystick.tenants.tenant import Tenant

TENANT = "acme"


def client(client_id: str, tenant_id: str = TENANT, **fields: object) -> Client:
    values = {"name": client_id, "created_at_ms": 1, "updated_at_ms": 1, **fields}
    return Client(tenant_id=tenant_id, client_id=client_id, **values)  # type: ignore[arg-type]  # whatever the test says


def value(text: str, *, tenant_id: str = TENANT, expires_at_ms: int = 2**62) -> OneTimeValue:
    return OneTimeValue(
        tenant_id=tenant_id, purpose="client_assertion", subject="app", value=text, expires_at_ms=expires_at_ms
    )


def event(type_: str = "sapi", tenant_id: str = TENANT, **fields: object) -> Event:
    return Event(tenant_id=tenant_id, type=type_, **{"at_ms": 1_700_000_000_000, **fields})  # type: ignore[arg-type]


def tenant(tenant_id: str, **settings: object) -> Tenant:
    """A tenant with these settings."""
    return Tenant(
        tenant_id=tenant_id,
        name=tenant_id,
        issuer=f"https://{tenant_id}.example/",
        mtls_issuer=f"https://mtls.{tenant_id}.example/",
        settings=settings,
        created_at_ms=1,
    )


async def save(
    storage: Storage,
    *records: Record,
    erasures: Sequence[Record] = (),
    events: Sequence[Event] = (),
    tenant_id: str = TENANT,
) -> None:
    """Commit on the revision as it is now."""
    change = Change(
        tenant_id=tenant_id,
        base_revision=await storage.revision(tenant_id),
        saves=records,
        erasures=erasures,
        events=events,
    )
    await storage.commit(change)
