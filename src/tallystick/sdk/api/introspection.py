"""Opaque tokens: the server says what they are worth (RFC 7662).

Kept for a moment is what the server said of a token, as it said it, under the token's hash. It is read, and the token's
end, scopes and proofs are judged, anew for every request (CVE-2021-32701): what one makes of it is not the next one's.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from hashlib import sha256
from threading import Lock
from typing import Any
from urllib.parse import urlencode
from weakref import WeakKeyDictionary

import msgspec

from ...jose.claims import UnverifiedClaims
from ...jose.refusals import JwtRefused
from ..clock import Clock
from ..methods import Method, TlsClientAuth
from .authorization_server import AuthorizationServer
from .fetching import Ask, Fetch
from .jwt_rules import AHEAD_MS_MAX, CLIENT_CLAIMS, audiences_of, permissions_of, scope_of
from .refusals import FetchFailed, NotDecided, TokenRefused

CACHE_MS = 10_000
"""So long a revoked token may still pass: what is faster asks the server for every request (0)."""
ENTRIES_MAX = 10_000
KEPT_BYTES_MAX = 16 * 1024 * 1024
"""Of all that is kept: one client may have tokens that say much, and have ten thousand of them."""
ANSWER_S_MAX = 15.0
"""For one answer, whatever the client's own timeouts are: a turn that never ends is lost to everybody."""
ANSWER_BYTES_MAX = 64 * 1024
"""What is said of one token."""
CONCURRENT_MAX = 32
"""Questions under way at once; strangers' made-up tokens wait behind one another."""
ACCESS_TOKEN_TYPES = frozenset({"bearer", "dpop", "access_token", "n_a"})
"""``token_type`` of access tokens, where the server says it; a refresh token is active too, and opens nothing."""


class Introspection(msgspec.Struct, frozen=True, kw_only=True):
    """How this API shows to the server who it is, and how long it believes an answer."""

    client_id: str
    method: Method
    """Of `tallystick.sdk.methods`; the certificate of `TlsClientAuth` and its kin is ``fetch``'s."""
    fetch: Fetch | None = None
    """Another way to the server than for its keys."""
    cache_ms: int = CACHE_MS
    names_no_audience: bool = False
    """For servers that answer only about tokens meant for whoever asks, and leave ``aud`` out."""

    def __repr__(self) -> str:
        return f"Introspection(client_id={self.client_id!r}, method={self.method.name!r})"


class Introspector:
    """Asks one server about tokens."""

    def __init__(self, server: AuthorizationServer, how: Introspection, audience: str, clock: Clock) -> None:
        self._server = server
        self._how = how
        self._audience = audience
        self._clock = clock
        self._answers: OrderedDict[bytes, tuple[int, bytes | None]] = OrderedDict()
        self._kept_bytes = 0
        self._keeping = Lock()
        self._turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()

    async def claims(self, token: str) -> dict[str, Any]:
        """What the server says of a token that is active and for this API; raises TokenRefused and NotDecided."""
        key = sha256(token.encode()).digest()
        said = self._kept(key)
        if said is _UNKNOWN:
            async with self._turn():
                # Who had to wait for a turn may find that another request has asked the same.
                said = self._kept(key)
                if said is _UNKNOWN:
                    said = await self._asked(token)
                    self._keep(key, said)
        if said is None:
            raise TokenRefused("introspection.inactive")
        members = _members(said)
        self._check(UnverifiedClaims(members))
        return members

    def _turn(self) -> asyncio.Semaphore:
        """That of this loop: an API of threads runs one for each request, and a semaphore serves one alone."""
        return self._turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(CONCURRENT_MAX))

    def _kept(self, key: bytes) -> bytes | None:
        until_ms, said = self._answers.get(key, (0, None))
        return said if self._clock() < until_ms else _UNKNOWN

    def _keep(self, key: bytes, said: bytes | None) -> None:
        now_ms = self._clock()
        until_ms = now_ms + self._how.cache_ms
        with self._keeping:
            if key in self._answers:
                self._forget(key)
            if until_ms <= now_ms:
                return
            self._answers[key] = until_ms, said
            self._kept_bytes += len(said or b"")
            # In the order in which they are over.
            while self._is_too_much(now_ms):
                self._forget(next(iter(self._answers)))

    def _is_too_much(self, now_ms: int) -> bool:
        """Never for what was kept just now alone."""
        oldest_until_ms, _ = next(iter(self._answers.values()))
        return oldest_until_ms <= now_ms or len(self._answers) > ENTRIES_MAX or self._kept_bytes > KEPT_BYTES_MAX

    def _forget(self, key: bytes) -> None:
        _, said = self._answers.pop(key)
        self._kept_bytes -= len(said or b"")

    async def _asked(self, token: str) -> bytes | None:
        """The answer, a JSON object; None for a token that is not active."""
        how = self._how
        shown = how.method.show(how.client_id, self._server.issuer, self._clock())
        form = urlencode({"token": token, "token_type_hint": "access_token", **shown.form}).encode()
        headers = {"Accept": "application/json", **shown.headers}
        try:
            shows_certificate = isinstance(how.method, TlsClientAuth)
            url = await self._server.url_of("introspection_endpoint", shows_certificate=shows_certificate)
            async with asyncio.timeout(ANSWER_S_MAX):
                answer = await (how.fetch or self._server.fetch)(Ask(url=url, headers=headers, form=form))
            if answer.status != 200:
                raise FetchFailed(f"status {answer.status}")
            if len(answer.content) > ANSWER_BYTES_MAX:
                raise FetchFailed("the answer is too large")
            is_active = _members(answer.content).get("active") is True
        except (FetchFailed, TimeoutError, RecursionError, msgspec.MsgspecError, UnicodeError) as error:
            problem = str(error)[:200] or type(error).__name__
            raise NotDecided("introspection.failed", problem=problem) from error
        return answer.content if is_active else None

    def _check(self, claims: UnverifiedClaims) -> None:
        """The same as is asked of a JWT, as far as RFC 7662 2.2 lets the server say it."""
        try:
            self._check_members(claims)
        except JwtRefused as refusal:
            raise TokenRefused(refusal.check.replace("jwt.claim", "introspection"), **refusal.evidence) from None

    def _check_members(self, claims: UnverifiedClaims) -> None:
        now_ms, members = self._clock(), claims.members
        if members.get("iss", self._server.issuer) != self._server.issuer:
            raise TokenRefused("introspection.iss")
        if self._audience not in audiences_of(claims) and not (self._how.names_no_audience and "aud" not in members):
            raise TokenRefused("introspection.aud", expected=self._audience)
        kind = members.get("token_type", "Bearer")
        if not isinstance(kind, str) or kind.lower() not in ACCESS_TOKEN_TYPES:
            raise TokenRefused("introspection.token_type", token_type=str(kind)[:32])
        expires_at_ms, not_before_ms = claims.numeric_date_ms("exp"), claims.numeric_date_ms("nbf")
        if expires_at_ms is not None and expires_at_ms <= now_ms:
            raise TokenRefused("introspection.exp")
        if not_before_ms is not None and not_before_ms > now_ms + AHEAD_MS_MAX:
            raise TokenRefused("introspection.nbf")
        if "cnf" in members and not isinstance(members["cnf"], dict):
            raise TokenRefused("introspection.cnf")
        for name in ("sub", *CLIENT_CLAIMS, "acr"):
            claims.string(name)
        scope_of(claims)
        permissions_of(claims)


def _members(said: bytes) -> dict[str, Any]:
    members: dict[str, Any] = msgspec.json.decode(said, type=dict[str, Any])
    return members


_UNKNOWN = b"nothing is kept"
"""Compared by identity."""
