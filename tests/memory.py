"""Stores in memory, for tests of rooms: the same promises as the databases give, none of the waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeVar

from tallystick.apis.client_grants import ClientGrant
from tallystick.apis.resource_servers import ResourceServer
from tallystick.clients.certificate_authority import CertificateAuthority
from tallystick.clients.client import Client
from tallystick.clients.credential import Credential
from tallystick.events import Event
from tallystick.records import Change, Record, Stale
from tallystick.signing.key import SigningKey
from tallystick.tallies import CredentialUses, DailyCount
from tallystick.tenants.custom_domain import CustomDomain
from tallystick.tenants.tenant import Tenant, TenantHost

R = TypeVar("R", bound=Record)

KEYS: dict[type[Record], tuple[str, ...]] = {
    Tenant: (),
    TenantHost: ("host",),
    CustomDomain: ("custom_domain_id",),
    Client: ("client_id",),
    Credential: ("id",),
    CertificateAuthority: ("id",),
    ResourceServer: ("id",),
    ClientGrant: ("id",),
    SigningKey: ("kid",),
}
"""Kind → the fields that, after ``tenant_id``, are its key."""


class MemoryRecords:
    """Implements `records.Records`."""

    def __init__(self, *records: Record) -> None:
        self.rows: dict[type[Record], dict[tuple[str, ...], Any]] = {kind: {} for kind in KEYS}
        self.revisions: dict[str, int] = {}
        self.events: list[Event] = []
        self.loads = 0
        self.lose_next = 0
        """How many commits shall find that another worker was faster."""
        for record in records:
            self._save(record)

    async def get(self, kind: type[R], tenant_id: str, *key: str) -> R | None:
        self.loads += 1
        await asyncio.sleep(0)  # whoever waits for a real database lets others run too
        found: R | None = self.rows[kind].get((tenant_id, *key))
        return found

    async def find(
        self,
        kind: type[R],
        tenant_id: str | None,
        *,
        where: Mapping[str, object] | None = None,
        newest_first: bool = False,
        offset: int = 0,
        limit: int | None = None,
    ) -> list[R]:
        self.loads += 1
        await asyncio.sleep(0)
        found = [
            row
            for row in self.rows[kind].values()
            if tenant_id in (None, row.tenant_id) and all(_fits(getattr(row, n), v) for n, v in (where or {}).items())
        ]
        if newest_first:
            found.reverse()
        return found[offset:][:limit]

    async def count(self, kind: type[R], tenant_id: str, *, where: Mapping[str, object] | None = None) -> int:
        return len(await self.find(kind, tenant_id, where=where))

    async def revision(self, tenant_id: str) -> int:
        return self.revisions.get(tenant_id, 0)

    async def commit(self, change: Change) -> None:
        if self.lose_next:
            self.lose_next -= 1
            self.revisions[change.tenant_id] = self.revisions.get(change.tenant_id, 0) + 1
        if change.base_revision != self.revisions.get(change.tenant_id, 0):
            raise Stale
        for record in change.saves:
            self._save(record)
        for record in change.erasures:
            self.rows[type(record)].pop(_key(record), None)
        self.events += change.events
        self.revisions[change.tenant_id] = change.base_revision + 1

    def known(self, tenant_id: str) -> int | None:
        """Implements `records.Revisions` as well: a worker that is always up to date."""
        return self.revisions.get(tenant_id, 0)

    async def record(self, event: Event) -> None:
        """Implements `events.EventLog` as well."""
        self.events.append(event)

    def _save(self, record: Record) -> None:
        self.rows[type(record)][_key(record)] = record


def _key(record: Record) -> tuple[str, ...]:
    return (record.tenant_id, *(getattr(record, name) for name in KEYS[type(record)]))


def _fits(value: object, wanted: object) -> bool:
    return value in wanted if isinstance(wanted, tuple | list | frozenset) else value == wanted


class MovableClock:
    """A clock that stands until it is moved."""

    def __init__(self, now_ms: int) -> None:
        self.ms = now_ms

    def now_ms(self) -> int:
        return self.ms

    def move(self, *, seconds: float = 0, days: float = 0) -> None:
        """Let time pass."""
        self.ms += int(1000 * (seconds + 86_400 * days))


class MemoryTallies:
    """Implements `tallies.TallyStore`."""

    def __init__(self) -> None:
        self.uses: dict[str, CredentialUses] = {}
        self.counts: list[DailyCount] = []

    async def add_tallies(self, uses: Sequence[CredentialUses], counts: Sequence[DailyCount]) -> None:
        self.uses |= {use.credential_id: use for use in uses}
        self.counts += counts

    async def credential_uses(self, tenant_id: str, credential_ids: Collection[str]) -> dict[str, CredentialUses]:
        return {id: self.uses[id] for id in credential_ids if id in self.uses}

    async def daily_counts(self, tenant_id: str, from_day: str, to_day: str) -> list[DailyCount]:
        return [row for row in self.counts if from_day <= row.day <= to_day]
