"""Gives access tokens their places in the tenant's status lists (draft-ietf-oauth-status-list 6).

A worker takes a whole block of places from the tenant's counter, by compare-and-set, and gives them away in random
order: so most tokens cost no query, and a place tells little of when its token was made. What a worker does not give
away before it ends stays empty. No place is given twice, on whichever node.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from random import SystemRandom
from typing import Any

import msgspec
from msgspec.structs import replace

from ..apis.resource_servers import ResourceServer
from ..errors import Conflict
from ..live import LiveRecords
from ..records import Json, Stale
from ..tenants.tenant import Tenant
from .family import TokenFamily
from .status_counter import StatusCounter

STATUS_LISTS_PATH = "oauth/status-lists"
LIST_PLACES = 2**20
"""Places of one list: 128 KiB of bits, which are some hundred bytes while nothing is withdrawn."""
BLOCK_PLACES = 1024
"""Places that a worker takes at once: one write per as many tokens."""
COUNTER = "access tokens"
ATTEMPTS = 50
"""How often a block is asked for anew; each loss means that another worker took one."""
_random = SystemRandom()


class StatusPlace(msgspec.Struct, frozen=True):
    """One place: a bit in a list."""

    list_number: int
    index: int

    def claim(self, tenant: Tenant) -> Json:
        """The ``status`` claim (draft 6.2); the list is found under the issuer that the token names."""
        return {"status_list": {"idx": self.index, "uri": tenant.url(f"{STATUS_LISTS_PATH}/{self.list_number}")}}


class StatusPlaces:
    """The places of one worker."""

    def __init__(self, live: LiveRecords, *, list_places: int = LIST_PLACES, block_places: int = BLOCK_PLACES) -> None:
        self.list_places = list_places
        self._live = live
        self._block_places = block_places
        self._left: dict[str, list[int]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def take(self, tenant_id: str) -> StatusPlace:
        """A place that nobody else has."""
        if not self._left.get(tenant_id):
            async with self._locks.setdefault(tenant_id, asyncio.Lock()):
                if not self._left.get(tenant_id):  # whoever waited finds what was fetched meanwhile
                    self._left[tenant_id] = await self._block(tenant_id)
        return StatusPlace(*divmod(self._left[tenant_id].pop(), self.list_places))

    async def with_place(self, family: TokenFamily, api: ResourceServer | None) -> TokenFamily:
        """The family with a place for all its access tokens; as it came where it has one, or its API wants none."""
        if api is None or not api.publishes_status or family.status_list is not None:
            return family
        place = await self.take(family.tenant_id)
        return replace(family, status_list=place.list_number, status_index=place.index)

    async def lists_begun(self, tenant_id: str) -> int:
        """How many lists have a place that some worker holds."""
        counter = await self._live.get(StatusCounter, tenant_id, COUNTER)
        return 0 if counter is None else -(-counter.next_place // self.list_places)

    async def _block(self, tenant_id: str) -> list[int]:
        for _ in range(ATTEMPTS):
            counter = await self._live.get(StatusCounter, tenant_id, COUNTER)
            counter = counter or StatusCounter(tenant_id=tenant_id, id=COUNTER, next_place=0)
            after = counter.next_place + self._block_places
            try:
                await self._live.write(saves=(replace(counter, next_place=after),))
            except (Stale, Conflict):
                continue
            places = list(range(counter.next_place, after))
            _random.shuffle(places)
            return places
        raise Stale(f"the places of {tenant_id} were taken by others {ATTEMPTS} times")


def place_of(family: TokenFamily) -> StatusPlace | None:
    """The place that its access tokens share."""
    if family.status_list is None or family.status_index is None:
        return None
    return StatusPlace(family.status_list, family.status_index)


def place_in(claims: Mapping[str, Any]) -> StatusPlace | None:
    """The place that a token of ours names, which is signed by us."""
    named = (claims.get("status") or {}).get("status_list")
    if named is None:
        return None
    return StatusPlace(int(str(named["uri"]).rpartition("/")[2]), int(named["idx"]))
