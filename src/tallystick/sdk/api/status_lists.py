"""Status lists: whether a token was revoked since it was issued (draft-ietf-oauth-status-list).

    token    status: {status_list: {idx, uri}}
    list     a JWT of type statuslist+jwt: sub = that uri, iat, exp?, ttl?, status_list: {bits, lst}
             lst = base64url of zlib of one status after another, ``bits`` bits each, from the lowest bit up

A list is kept for its ``ttl``, and serves on until its ``exp`` while its server does not answer; after that no token
that names it passes.
"""

from __future__ import annotations

import asyncio
import zlib
from collections import OrderedDict
from typing import Any
from weakref import WeakKeyDictionary

import msgspec

from ...jose import base64url, jwt
from ...jose.claims import VerifiedClaims
from ...jose.refusals import JwtRefused
from ..clock import Clock
from ..server_keys import UNKNOWN, KeySet
from .authorization_server import AuthorizationServer
from .fetching import ANSWER_BYTES_MAX
from .kept import FLOOR_MS, FRESH_MS, FRESH_MS_MAX, STALE_MS_MAX, Kept, Loaded, fetched
from .refusals import FetchFailed, NotDecided, TokenRefused

TYP = "statuslist+jwt"
MEDIA_TYPE = f"application/{TYP}"
BITS = (1, 2, 4, 8)
LIST_BYTES_MAX = 2 * 1024 * 1024
"""Unpacked. A list of 2**20 tokens has 128 KiB at one bit, 1 MiB at eight; what unpacks to more is not unpacked."""
LISTS_MAX = 64
"""Kept at once."""
CONCURRENT_MAX = 4
"""Fetched at once: a server whose tokens name ever new lists, none of which answers, leaves the way free to others."""
VALID = 0


class StatusList(msgspec.Struct, frozen=True, eq=False):
    """One list, unpacked."""

    bits: int
    statuses: bytes

    def status_at(self, index: int) -> int | None:
        """The status of a token; None beyond the list's end."""
        per_byte = 8 // self.bits
        position, place = divmod(index, per_byte)
        if index < 0 or position >= len(self.statuses):
            return None
        return self.statuses[position] >> (place * self.bits) & (1 << self.bits) - 1


def reference_of(claims: dict[str, Any]) -> tuple[str, int] | None:
    """``uri`` and ``idx`` that a token names; None for a token without. Raises :class:`TokenRefused` for half of it."""
    if "status" not in claims:
        return None
    status = claims["status"]
    named = status.get("status_list") if isinstance(status, dict) else None
    uri, index = (named.get("uri"), named.get("idx")) if isinstance(named, dict) else (None, None)
    if not isinstance(uri, str) or isinstance(index, bool) or not isinstance(index, int) or index < 0:
        raise TokenRefused("status.reference")
    return uri, index


class StatusLists:
    """Asks one server's lists about its tokens."""

    def __init__(self, server: AuthorizationServer, clock: Clock, *, lists_max: int = LISTS_MAX) -> None:
        self._server = server
        self._clock = clock
        self._lists_max = lists_max
        self._lists: OrderedDict[str, Kept[StatusList]] = OrderedDict()
        self._turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()

    async def check(self, claims: VerifiedClaims) -> None:
        """Raises TokenRefused for a token that is not valid any more, NotDecided where that cannot be found out."""
        reference = reference_of(claims.members)
        if reference is None:
            return
        uri, index = reference
        status = (await self._list(uri).get()).status_at(index)
        if status != VALID:
            raise TokenRefused("status.revoked", uri=uri[:200], index=index, status=status)

    def _list(self, uri: str) -> Kept[StatusList]:
        kept = self._lists.pop(uri, None)
        if kept is None:
            kept = Kept("status_list", lambda: self._load(uri), self._clock)
            if len(self._lists) >= self._lists_max:
                self._lists.popitem(last=False)
        self._lists[uri] = kept
        return kept

    async def _load(self, uri: str) -> Loaded[StatusList]:
        turn = self._turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(CONCURRENT_MAX))
        async with turn:
            answer = await fetched(self._server.fetch, self._server.named(uri), MEDIA_TYPE)
        try:
            return await self._read(answer.content.decode("ascii").strip(), uri)
        except (JwtRefused, ValueError) as error:
            raise FetchFailed(getattr(error, "check", "not a status list")) from error

    async def _read(self, text: str, uri: str) -> Loaded[StatusList]:
        parsed = jwt.parse(text, size_bytes_max=ANSWER_BYTES_MAX)
        if parsed.typ != TYP:
            raise JwtRefused("Not a status list.", check="jwt.typ")
        claims = await verified_by(self._server, parsed)
        # Section 8.3: the list is the one that the token means, and of its issuer's keys.
        if claims.string("sub") != uri:
            raise JwtRefused("The list is another one.", check="jwt.claim.sub")
        if claims.members.get("iss", self._server.issuer) != self._server.issuer:
            raise JwtRefused("The list is another issuer's.", check="jwt.claim.iss")
        fresh_ms, stale_ms = self._lives(claims)
        return Loaded(unpacked(claims.members.get("status_list")), fresh_ms, stale_ms)

    def _lives(self, claims: VerifiedClaims) -> tuple[int, int]:
        """How long the list is fresh, and how long it may be used: by ``ttl`` and ``exp``."""
        now_ms, expires_at_ms = self._clock(), claims.numeric_date_ms("exp")
        if claims.numeric_date_ms("iat") is None:
            raise JwtRefused("The list does not say when it was made.", check="jwt.claim.iat")
        if expires_at_ms is not None and expires_at_ms <= now_ms:
            raise JwtRefused("The list is over.", check="jwt.claim.exp")
        left_ms = STALE_MS_MAX if expires_at_ms is None else expires_at_ms - now_ms
        ttl = claims.members.get("ttl")
        if ttl is None:
            return min(FRESH_MS, left_ms), left_ms
        if isinstance(ttl, bool) or not isinstance(ttl, int | float) or ttl <= 0:
            raise JwtRefused("The list's ttl is no number.", check="jwt.claim.ttl")
        return min(max(int(min(ttl * 1000, FRESH_MS_MAX)), FLOOR_MS), left_ms), left_ms


async def verified_by(server: AuthorizationServer, parsed: jwt.UnverifiedJwt) -> VerifiedClaims:
    """The claims, if one of the server's keys signed them; its set is asked for anew once where it lacks the key.

    Raises JwtRefused and NotDecided.
    """
    keys = await server.keys()
    try:
        return keys.verified(parsed)
    except JwtRefused as refused:
        if refused.check != UNKNOWN:
            raise
    return (await _newer(server, keys)).verified(parsed)


async def _newer(server: AuthorizationServer, keys: KeySet) -> KeySet:
    try:
        return await server.keys(newer_than=keys)
    except NotDecided:
        return keys


def unpacked(status_list: object) -> StatusList:
    """The list out of its claim; ValueError for what is none, or unpacks to more than :data:`LIST_BYTES_MAX`."""
    if not isinstance(status_list, dict):
        raise ValueError("no status_list")
    bits, packed = status_list.get("bits"), status_list.get("lst")
    if not isinstance(bits, int) or isinstance(bits, bool) or bits not in BITS or not isinstance(packed, str):
        raise ValueError("not a status list")
    unpacker = zlib.decompressobj()
    try:
        statuses = unpacker.decompress(base64url.decode(packed), LIST_BYTES_MAX)
    except (zlib.error, UnicodeError) as error:
        raise ValueError("not packed by zlib") from error
    if not unpacker.eof or unpacker.unused_data:
        raise ValueError("too long, cut short, or followed by something")
    return StatusList(bits, statuses)
