"""Rules that look at several rows hold when several workers change the same tenant at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from tallystick.clients.actor import Actor
from tallystick.clients.credential import PUBLIC_KEY, Credential
from tallystick.clients.credential_registry import CredentialRegistry
from tallystick.clients.registry import ClientRegistry
from tallystick.clients.secrets import SecretHasher
from tallystick.clients.sector_documents import SectorDocuments
from tallystick.errors import Refused
from tallystick.events import Event
from tallystick.records import Writer
from tallystick.tenants.tenant import Tenant
from tests.forge import Key
from tests.memory import MemoryRecords

TENANT = Tenant(tenant_id="t", name="t", issuer="https://t/", mtls_issuer="https://m/", created_at_ms=0)
HASHER = SecretHasher(b"k" * 32)
NO_SECTORS = SectorDocuments(None)  # type: ignore[arg-type]  # no client here names a document


def _event(description: str, **details: Any) -> Event:
    return Event(tenant_id="t", type="sapi", at_ms=0, description=description, details=details)


ACTOR = Actor(tenant=TENANT, name="cli", now_ms=1, event=_event)


async def _outcomes(*calls: Any) -> Counter[str]:
    results = await asyncio.gather(*calls, return_exceptions=True)
    unforeseen = [result for result in results if isinstance(result, Exception) and not isinstance(result, Refused)]
    assert not unforeseen
    return Counter(result.check if isinstance(result, Refused) else "done" for result in results)


def test_one_of_two_workers_gets_a_key_that_two_applications_want() -> None:
    records = MemoryRecords(TENANT)

    async def scene() -> Counter[str]:
        clients = ClientRegistry(Writer(records), HASHER, sectors=NO_SECTORS)
        ids = [(await clients.create(ACTOR, {"name": name})).client.client_id for name in "ab"]
        body = {"credential_type": PUBLIC_KEY, "pem": Key().public_pem}
        workers = [CredentialRegistry(Writer(records), HASHER) for _ in range(4)]
        return await _outcomes(*(worker.create(ACTOR, id, body) for worker in workers for id in ids))

    assert asyncio.run(scene()) == {"done": 1, "credential.key_held": 3, "credential.key_held_elsewhere": 4}


def test_the_limit_holds_over_several_workers() -> None:
    records = MemoryRecords(TENANT)

    async def scene() -> Counter[str]:
        client_id = (
            await ClientRegistry(Writer(records), HASHER, sectors=NO_SECTORS).create(ACTOR, {"name": "a"})
        ).client.client_id
        workers = [CredentialRegistry(Writer(records), HASHER) for _ in range(15)]
        bodies = [{"credential_type": PUBLIC_KEY, "pem": Key().public_pem} for _ in workers]
        return await _outcomes(
            *(worker.create(ACTOR, client_id, body) for worker, body in zip(workers, bodies, strict=True))
        )

    assert asyncio.run(scene()) == {"done": 10, "credential.limit": 5}


def test_a_key_is_referenced_or_withdrawn_but_never_both() -> None:
    records = MemoryRecords(TENANT)

    async def scene() -> Counter[str]:
        clients = ClientRegistry(Writer(records), HASHER, sectors=NO_SECTORS)
        client_id = (await clients.create(ACTOR, {"name": "a"})).client.client_id
        credentials = CredentialRegistry(Writer(records), HASHER)
        row = (
            await credentials.create(ACTOR, client_id, {"credential_type": PUBLIC_KEY, "pem": Key().public_pem})
        ).credential
        methods = {"private_key_jwt": {"credentials": [{"id": row.id}]}}
        outcome = await _outcomes(
            credentials.delete(ACTOR, client_id, row.id),
            clients.update(ACTOR, client_id, {"client_authentication_methods": methods}),
        )
        client = await clients.get("t", client_id)
        kept = records.rows[Credential][("t", row.id)]
        assert (kept.withdrawn_at_ms is None) == (client.credential_ids("private_key_jwt") == (row.id,))
        return outcome

    outcome = asyncio.run(scene())
    assert outcome["done"] == 1
    assert outcome["credential.reference"] + outcome["credential.referenced"] == 1
