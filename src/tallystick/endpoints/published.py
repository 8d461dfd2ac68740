"""Documents anyone may read: discovery and the public keys. Cacheable, and readable from any origin."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from starlette.types import Send

from ..tenants.tenant import Tenant
from ..web.answers import Headers, send_json
from ..web.request import Request

MAX_AGE_S = 300
"""Short enough that a rotation is soon known; the next key is published long before it signs."""

_HEADERS: Headers = [
    (b"cache-control", f"public, max-age={MAX_AGE_S}".encode()),
    (b"access-control-allow-origin", b"*"),
]


class PublishedDocument(msgspec.Struct, frozen=True):
    """One JSON document under a well-known path."""

    write: Callable[[Tenant], Awaitable[Any]]

    async def __call__(self, request: Request, send: Send) -> None:
        """GET and HEAD; anything else is refused."""
        if request.method not in ("GET", "HEAD"):
            body = {
                "error": "invalid_request",
                "error_description": "Only GET.",
                "correlation_id": request.correlation_id,
            }
            await send_json(send, 405, body, request.correlation_id, [(b"allow", b"GET, HEAD")])
            return
        await send_json(send, 200, await self.write(request.tenant), request.correlation_id, _HEADERS)
