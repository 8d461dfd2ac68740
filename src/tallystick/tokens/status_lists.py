"""The tenant's status lists: one bit per place, 1 where the token is withdrawn (draft-ietf-oauth-status-list 4, 5).

1. the places that are withdrawn: families, and tokens revoked one by one    one indexed read, remembered for a moment
2. a bit each, least significant first, compressed with zlib                     draft 4.1
3. signed as a JWT of its own type: whose list it is, since when, how long        draft 5.1

A list is made of what the database holds, so every worker publishes the same. It says nothing of a token whose place
nobody wrote down: see docs/revocation.md for what that means.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Sequence
from hashlib import sha256
from typing import Protocol

import msgspec

from ..clock import Clock
from ..jose import base64url
from ..jose.signer import Signer
from ..outbound.flights import Flights
from ..recent import Recent
from ..signing.ring import KeyRing
from ..tenants.tenant import Tenant
from .status_places import STATUS_LISTS_PATH, StatusPlaces

ALG = "ES256"
"""One list is for every API of the tenant, so it is signed with what every profile takes, and fast."""
TYP = "statuslist+jwt"
INVALID = 1
"""The only status besides VALID (draft 7.1): what is withdrawn never comes back, so one bit is enough."""
TTL_S = 30
"""How long an API may go by what it fetched: as long it may take a revoked token."""
LIFE_S = 600
"""When a list is over, also for who was given an old one on purpose."""
READ_EVERY_MS = 500
"""How old the withdrawn places are at most: one read per list and worker, however many ask."""
SIGN_EVERY_MS = 10_000
"""A list in which nothing changed is signed anew after this long, so that its age says what it is."""
LISTS_MAX = 64
"""Lists that are remembered: a full one has 170 KB."""

_encode = msgspec.json.Encoder().encode


class WithdrawnPlaces(Protocol):
    """Knows which places are withdrawn."""

    async def withdrawn_places(self, tenant_id: str, list_number: int) -> Sequence[int]:
        """The indexes in this list, in whatever order."""
        ...


class PublishedList(msgspec.Struct, frozen=True, kw_only=True):
    """One list as it is sent."""

    jwt: bytes
    etag: bytes


class _Remembered(msgspec.Struct, kw_only=True):
    """One list of one issuer."""

    read_at_ms: int
    withdrawn: frozenset[int]
    signed_at_ms: int
    kid: str | None
    lst: str
    published: PublishedList


class StatusLists:
    """The lists of every tenant."""

    def __init__(self, places: StatusPlaces, withdrawn: WithdrawnPlaces, ring: KeyRing, clock: Clock) -> None:
        self._places = places
        self._withdrawn = withdrawn
        self._ring = ring
        self._clock = clock
        self._lists: Recent[tuple[str, int], _Remembered] = Recent(LISTS_MAX)
        self._begun: dict[str, tuple[int, int]] = {}
        self._reading: Flights[_Remembered] = Flights()
        self._counting: Flights[int] = Flights()

    async def published(self, tenant: Tenant, number: int) -> PublishedList | None:
        """List ``number`` under the tenant's issuer; None when it is not begun, nor the next one to be."""
        now_ms, key = self._clock.now_ms(), (tenant.issuer, number)
        found = self._lists.get(key)
        if found is not None and _is_recent(found.read_at_ms, now_ms, READ_EVERY_MS):
            return found.published
        # The next one is known too: its first token may be here before this worker counts again.
        if number > await self.begun(tenant.tenant_id):
            return None
        flight = self._reading.to(key, tenant.tenant_id, lambda: self._read(tenant, number, now_ms))
        return (await asyncio.shield(flight)).published

    async def begun(self, tenant_id: str) -> int:
        """How many lists are begun, as it was a moment ago."""
        now_ms = self._clock.now_ms()
        found = self._begun.get(tenant_id)
        if found is not None and _is_recent(found[1], now_ms, READ_EVERY_MS):
            return found[0]
        return await asyncio.shield(self._counting.to("", tenant_id, lambda: self._count(tenant_id, now_ms)))

    async def _count(self, tenant_id: str, now_ms: int) -> int:
        counted = await self._places.lists_begun(tenant_id)
        self._begun[tenant_id] = counted, now_ms
        return counted

    async def _read(self, tenant: Tenant, number: int, now_ms: int) -> _Remembered:
        key = tenant.issuer, number
        withdrawn = frozenset(await self._withdrawn.withdrawn_places(tenant.tenant_id, number))  # 1
        signer, before = await self._ring.signer(tenant.tenant_id, ALG), self._lists.get(key)
        is_same = before is not None and before.withdrawn == withdrawn
        if before is not None and is_same and _serves_on(before, signer, now_ms):
            before.read_at_ms = now_ms
            return before
        if before is not None and is_same:
            lst = before.lst
        else:  # 2; off the loop: with many withdrawn places it takes a tenth of a second
            lst = await asyncio.to_thread(packed, withdrawn, self._places.list_places)
        jwt = signer.sign(_encode(status_list_claims(tenant, number, lst, now_ms)), TYP).encode()  # 3
        published = PublishedList(jwt=jwt, etag=f'"{base64url.encode(sha256(jwt).digest())}"'.encode())
        made = _Remembered(
            read_at_ms=now_ms, withdrawn=withdrawn, signed_at_ms=now_ms, kid=signer.kid, lst=lst, published=published
        )
        self._lists.keep(key, made)
        return made


def _serves_on(before: _Remembered, signer: Signer, now_ms: int) -> bool:
    """Whether what was signed is young enough, and by the key that signs today."""
    return before.kid == signer.kid and _is_recent(before.signed_at_ms, now_ms, SIGN_EVERY_MS)


def _is_recent(then_ms: int, now_ms: int, age_ms_max: int) -> bool:
    """Not where it is of a time to come: a clock that was set back must freeze nothing."""
    return 0 <= now_ms - then_ms < age_ms_max


def packed(withdrawn: frozenset[int], places: int) -> str:
    """``lst``: the bits, least significant first in each byte, compressed as base64url (draft 4.1, 4.2). Pure."""
    bits = bytearray(-(-places // 8))
    for index in withdrawn:
        bits[index >> 3] |= INVALID << (index & 7)
    return base64url.encode(zlib.compress(bytes(bits), level=9))


def status_list_claims(tenant: Tenant, number: int, lst: str, now_ms: int) -> dict[str, object]:
    """What a list says (draft 5.1). ``iss`` tells whose keys to look at, as the tokens themselves do. Pure."""
    issued_at_s = now_ms // 1000
    return {
        "iss": tenant.issuer,
        "sub": tenant.url(f"{STATUS_LISTS_PATH}/{number}"),
        "iat": issued_at_s,
        "exp": issued_at_s + LIFE_S,
        "ttl": TTL_S,
        "status_list": {"bits": 1, "lst": lst, "aggregation_uri": tenant.url(STATUS_LISTS_PATH)},
    }
