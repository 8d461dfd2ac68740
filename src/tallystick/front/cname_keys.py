"""Keys of custom domains (auth0.md 2.3): whether one holds is for the application to say, so these requests wait here.

The protocol cannot ask, since its parser does not wait. It leaves the claims of such a request in the scope; they are
settled and gone before the application sees it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, Protocol

import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

from ..errors import Unavailable
from .extensions import tell
from .framing import BadRequest
from .identity import CNAME_KEY_HEADER, Claim, proves_itself
from .proxies import Peer, Proxies
from .refusal import MALFORMED, UNAVAILABLE, Wording, new_correlation_id, refusal

PENDING = "tallystick.pending"

log = logging.getLogger("tallystick.front")


class Pending(msgspec.Struct, frozen=True):
    """A request whose proxy shows the key of a custom domain, and nothing else that would prove it."""

    proxies: Proxies
    peer: Peer
    claims: Sequence[Claim]
    now_s: float

    @property
    def key(self) -> str:
        """The one key that was shown; empty when there are several, and none of them counts."""
        keys = [value for name, value in self.claims if name == CNAME_KEY_HEADER]
        return keys[0].decode("latin-1") if len(keys) == 1 else ""


def pending(proxies: Proxies, peer: Peer, claims: Sequence[Claim], now_s: float) -> Pending | None:
    """The request, if it has to wait for the application's word; asked only where the form is Auth0's."""
    if not any(name == CNAME_KEY_HEADER for name, _ in claims):
        return None
    return None if proves_itself(proxies, peer, claims, now_s) else Pending(proxies, peer, claims, now_s)


class CnameDomains(Protocol):
    """What an opened application may offer, when it knows custom domains."""

    async def cname_key_holds(self, host: str, key: str) -> bool:
        """Whether a key belongs to the domain that a ``Host`` header leads to."""
        ...

    async def client_ip_header(self, host: str) -> str | None:
        """The header in which that domain's proxy names the client's address; None leaves it to the deployment."""
        ...


class CnameKeys:
    """An ASGI application in front of the application."""

    def __init__(self, app: ASGIApp, domains: CnameDomains) -> None:
        self._app = app
        self._domains = domains

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Settle who the client is, then go on."""
        waiting: Pending | None = scope["extensions"].pop(PENDING, None)
        if waiting is not None:
            try:
                await self._settle(scope, waiting)
            except BadRequest as error:
                await refuse(send, scope, error.status, error.check, MALFORMED)
                return
            except Unavailable as error:
                await refuse(send, scope, 503, f"cname_key: {error}", UNAVAILABLE)
                return
        await self._app(scope, receive, send)

    async def _settle(self, scope: Scope, waiting: Pending) -> None:
        host = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1")
        vouched = bool(waiting.key) and await self._domains.cname_key_holds(host, waiting.key)
        header = (await self._domains.client_ip_header(host) if vouched else None) or ""
        tell(
            scope,
            waiting.proxies,
            waiting.peer,
            waiting.claims,
            waiting.now_s,
            vouched=vouched,
            address_header=header.lower().encode("latin-1"),
        )


async def refuse(send: Send, scope: Scope, status: int, check: str, wording: Wording) -> None:
    """The front's own refusal, by way of ASGI."""
    correlation_id = new_correlation_id()
    log.warning("request refused: %s (client %s, correlation id %s)", check, scope.get("client"), correlation_id)
    fields, body = refusal(correlation_id, wording)
    start: dict[str, Any] = {"type": "http.response.start", "status": status, "headers": fields}
    await send(start)
    await send({"type": "http.response.body", "body": body})
