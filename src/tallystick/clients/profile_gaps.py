"""Report only: which applications a floor would refuse, and why, before anybody sets it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ..records import Records
from .client import Client
from .credential import Credential
from .floor import ExemptClients, Floor
from .profile_fit import Fitted, Problem


class ProfileGap(msgspec.Struct, frozen=True):
    """One application, and what of it would not meet the floor; no problem where it would, or is exempt."""

    client: Client
    is_exempt: bool
    problems: tuple[Problem, ...]


class ProfileGaps:
    """Makes the report; nothing is changed by it."""

    def __init__(self, records: Records, exempt: ExemptClients) -> None:
        self._records = records
        self._exempt = exempt

    async def under(
        self, tenant_id: str, floor_name: str, now_ms: int, *, offset: int = 0, limit: int | None = None
    ) -> Sequence[ProfileGap]:
        """The tenant's applications in the order they were made, each judged under this floor."""
        clients = await self._records.find(Client, tenant_id, where={"is_global": False}, offset=offset, limit=limit)
        ids = tuple(client.client_id for client in clients)
        held = {"client_id": ids, "withdrawn_at_ms": None}
        rows = await self._records.find(Credential, tenant_id, where=held) if ids else []
        own: dict[str, dict[str, Credential]] = {}
        for row in rows:
            own.setdefault(row.client_id, {})[row.id] = row
        floor = Floor(floor_name, await self._exempt(tenant_id))
        return [
            ProfileGap(
                client,
                client.client_id in floor.exempt,
                Fitted(
                    client=client,
                    profile=floor.profile_for(client),
                    own=own.get(client.client_id, {}),
                    now_ms=now_ms,
                ).problems(),
            )
            for client in clients
        ]

    async def count(self, tenant_id: str) -> int:
        """How many applications there are to judge."""
        return await self._records.count(Client, tenant_id, where={"is_global": False})
