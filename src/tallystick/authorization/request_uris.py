"""Request objects by reference: fetched from an address that the client registered (RFC 9101 5.2, Core 6.2).

Anybody may send a browser here with a ``request_uri``, so the server asks only addresses that stand in the client's
``request_uris``, through the guarded client, one at a time and not again at once. Whatever goes wrong the caller hears
the same: what is open or closed in somebody's network is nobody's business (attacks.md 32).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import urldefrag

import msgspec

from ..clients.directory import RegisteredClient
from ..errors import OAuthError
from ..jose import base64url
from ..outbound.flights import Flights
from ..outbound.freshness import fresh_ms
from ..outbound.guarded import Fetched, Fetcher, FetchFailed
from ..recent import Recent

OBJECT_TYPES = ("application/oauth-authz-req+jwt", "application/jwt")
"""RFC 9101 5.2.3, and what servers of before that media type send."""
SIZE_BYTES_MAX = 48 * 1024
"""What is encrypted is a third longer than what it holds (`request_object.SIZE_BYTES_MAX`)."""
FRESH_MS_MAX = 3_600_000
"""However long ``Cache-Control`` would let an answer be used; so long, too, what a fragment vouches for."""
FRESH_MS_MIN = 1_000
"""However short, and where it does not say: many browsers at once are no reason to flood somebody's server, nor are
fragments without end."""
FAILED_MS = 5_000
"""So long an address is not asked again that could not be used."""
ENTRIES_MAX = 256


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
        self._answers: Recent[tuple[str, str], Answered] = Recent(ENTRIES_MAX)
        self._flights: Flights[Answered] = Flights()

    async def fetch(self, registered: RegisteredClient, request_uri: str, now_ms: int) -> str:
        """The text at the address; raises :class:`RequestUriRefused`."""
        check_registered(registered, request_uri)
        url, fragment = urldefrag(request_uri)
        tenant_id = registered.client.tenant_id
        answered = self._answers.get((tenant_id, url))
        if answered is None or not answered.serves(fragment, now_ms):
            answered = await asyncio.shield(
                self._flights.to(url, tenant_id, lambda: self._asked(tenant_id, url, now_ms))
            )
        if answered.check:
            raise RequestUriRefused(answered.check, **answered.evidence)
        if fragment and fragment != answered.sha256:
            raise RequestUriRefused("request_uri.hash", sha256=answered.sha256)
        return answered.text

    async def _asked(self, tenant_id: str, url: str, now_ms: int) -> Answered:
        try:
            accept = ", ".join(OBJECT_TYPES)
            found = await self._fetcher.get(url, tenant_id=tenant_id, accept=accept, bytes_max=SIZE_BYTES_MAX)
            answered = _answered(found, now_ms)
        except FetchFailed as failure:
            answered = _unusable("request_uri.fetch", now_ms, reason=failure.reason, text=str(failure))
        self._answers.keep((tenant_id, url), answered)
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
    fresh_for_ms = fresh_ms(fetched.headers, ms_min=FRESH_MS_MIN, ms_max=FRESH_MS_MAX, unsaid_ms=FRESH_MS_MIN)
    return Answered(
        at_ms=now_ms,
        fresh_until_ms=now_ms + fresh_for_ms,
        text=fetched.content.decode("ascii").strip(),
        sha256=base64url.encode(sha256(fetched.content).digest()),
    )


def _unusable(check: str, now_ms: int, **evidence: object) -> Answered:
    return Answered(at_ms=now_ms, fresh_until_ms=now_ms + FAILED_MS, check=check, evidence=evidence)
