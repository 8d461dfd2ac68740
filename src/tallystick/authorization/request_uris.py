"""Request objects by reference: fetched from an address that the client registered (RFC 9101 5.2, Core 6.2).

Anybody may send a browser here with a ``request_uri``, so the server asks only addresses that stand in the client's
``request_uris``, through the guarded client, one at a time and not again at once. Whatever goes wrong the caller hears
the same: what is open or closed in somebody's network is nobody's business (attacks.md 32).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Protocol
from urllib.parse import urldefrag

import msgspec

from ..clients.directory import RegisteredClient
from ..errors import OAuthError
from ..jose import base64url
from ..outbound.guarded import Fetched, FetchFailed

OBJECT_TYPES = ("application/oauth-authz-req+jwt", "application/jwt")
"""RFC 9101 5.2.3, and what servers of before that media type send."""
SIZE_BYTES_MAX = 48 * 1024
"""What is encrypted is a third longer than what it holds (`request_object.SIZE_BYTES_MAX`)."""
FRESH_MS_MAX = 3_600_000
"""However long ``Cache-Control`` would let an answer be used; so long, too, what a fragment vouches for."""
FRESH_MS_MIN = 1_000
"""However short: many browsers at once are no reason to flood somebody's server. Nor are fragments without end."""
FAILED_MS = 5_000
"""So long an address is not asked again that could not be used."""
ENTRIES_MAX = 256
_MAX_AGE = re.compile(r'(?:^|[,\s])max-age\s*=\s*"?(\d{1,9})"?', re.IGNORECASE)
_NOT_KEPT = re.compile(r"(?:^|[,\s])(?:no-store|no-cache)(?:$|[,\s=])", re.IGNORECASE)


class Fetcher(Protocol):
    """Asks others: `outbound.guarded`."""

    async def get(self, url: str, *, accept: str, bytes_max: int) -> Fetched:
        """The answer to a GET; raises FetchFailed."""
        ...


class RequestUriRefused(OAuthError):
    """Whatever is wrong with a ``request_uri``, the caller hears the same; ``check`` tells the log."""

    def __init__(self, check: str, **evidence: object) -> None:
        super().__init__("invalid_request_uri", "The request_uri is not acceptable.", check=check, **evidence)


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What came from an address last: a text, or why there is none."""

    at_ms: int
    fresh_until_ms: int
    text: str = ""
    sha256: str = ""
    """Of the content, base64url, as a fragment may name it."""
    check: str = ""
    evidence: Mapping[str, object] = {}

    def serves(self, fragment: str, now_ms: int) -> bool:
        """Whether there is no need to ask again."""
        if self.check or not fragment:
            return now_ms < self.fresh_until_ms
        # What the fragment names is either this very text, or a newer one (Core 6.2).
        return now_ms < self.at_ms + (FRESH_MS_MAX if fragment == self.sha256 else FRESH_MS_MIN)


class RequestUris:
    """Fetches request objects, and keeps them as long as their servers allow."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher
        self._answers: dict[str, Answered] = {}
        self._under_way: dict[str, asyncio.Task[Answered]] = {}

    async def fetch(self, registered: RegisteredClient, request_uri: str, now_ms: int) -> str:
        """The text at the address; raises :class:`RequestUriRefused`."""
        check_registered(registered, request_uri)
        url, fragment = urldefrag(request_uri)
        answered = self._answers.get(url)
        if answered is None or not answered.serves(fragment, now_ms):
            answered = await self._asked_once(url, now_ms)
        if answered.check:
            raise RequestUriRefused(answered.check, **answered.evidence)
        if fragment and fragment != answered.sha256:
            raise RequestUriRefused("request_uri.hash", sha256=answered.sha256)
        return answered.text

    async def _asked_once(self, url: str, now_ms: int) -> Answered:
        """Of several who come for one address at once, one asks; whoever leaves takes nothing from the others."""
        task = self._under_way.get(url)
        if task is None:
            task = self._under_way[url] = asyncio.create_task(self._asked(url, now_ms))
            task.add_done_callback(lambda _: self._under_way.pop(url, None))
        return await asyncio.shield(task)

    async def _asked(self, url: str, now_ms: int) -> Answered:
        try:
            answered = _answered(
                await self._fetcher.get(url, accept=", ".join(OBJECT_TYPES), bytes_max=SIZE_BYTES_MAX), now_ms
            )
        except FetchFailed as failure:
            answered = _unusable("request_uri.fetch", now_ms, reason=failure.reason, text=str(failure))
        self._answers.pop(url, None)
        if len(self._answers) >= ENTRIES_MAX:
            self._answers.pop(next(iter(self._answers)))
        self._answers[url] = answered
        return answered


def check_registered(registered: RegisteredClient, request_uri: str) -> None:
    """The address stands in the client's ``request_uris``, by the letter; raises :class:`RequestUriRefused`.

    The fragment says what is to be found there now (Core 6.2), so any will do, unless it was registered along.
    """
    allowed = registered.client.metadata.get("request_uris") or ()
    if not request_uri.startswith("https://"):
        raise RequestUriRefused("request_uri.scheme")
    if request_uri not in allowed and urldefrag(request_uri).url not in allowed:
        raise RequestUriRefused("request_uri.registered", registered=len(allowed))


def _answered(fetched: Fetched, now_ms: int) -> Answered:
    if fetched.status != 200:
        return _unusable("request_uri.status", now_ms, status=fetched.status)
    if fetched.content_type not in OBJECT_TYPES:
        return _unusable("request_uri.content_type", now_ms, expected=list(OBJECT_TYPES))
    if not fetched.content.isascii():
        return _unusable("request_uri.content", now_ms)
    return Answered(
        at_ms=now_ms,
        fresh_until_ms=now_ms + _fresh_ms(fetched.headers.get("cache-control", "")),
        text=fetched.content.decode("ascii").strip(),
        sha256=base64url.encode(sha256(fetched.content).digest()),
    )


def _unusable(check: str, now_ms: int, **evidence: object) -> Answered:
    return Answered(at_ms=now_ms, fresh_until_ms=now_ms + FAILED_MS, check=check, evidence=evidence)


def _fresh_ms(cache_control: str) -> int:
    """How long an answer may be used again (RFC 9111 5.2.2), within our bounds."""
    named = _MAX_AGE.search(cache_control)
    if named is None or _NOT_KEPT.search(cache_control):
        return FRESH_MS_MIN
    return max(FRESH_MS_MIN, min(int(named[1]) * 1000, FRESH_MS_MAX))
