"""Who may read our answers from another origin: pages of the very client that the request proved to be (attacks.md 50).

A preflight names no client. It is answered for origins that some client of the tenant lists, which only lets the
browser send the request; whether the page may read what comes back is decided for the client of that request.
Credentials are never allowed: no endpoint that answers here looks at a cookie.
"""

from __future__ import annotations

from starlette.types import Send

from ..clients.client import Client
from ..clients.origins import OriginDirectory, origins_of
from .answers import Headers, send_bytes
from .request import Request

_VARY = (b"vary", b"Origin")
_METHODS = b"GET, POST"
_HEADERS = b"Authorization, Content-Type, Auth0-Client, DPoP"
_EXPOSED = b"WWW-Authenticate, X-Correlation-Id, Retry-After, DPoP-Nonce"
MAX_AGE_S = 600


def cors_headers(request: Request, client: Client | None) -> Headers:
    """The headers that let the page read the answer; none without an ``Origin``, or for another's page."""
    origins = request.header_values(b"origin")
    if not origins:
        return []
    origin = origins[0].decode("latin-1")
    if client is None or len(origins) > 1 or origin not in origins_of(client):
        return [_VARY]
    return [_VARY, (b"access-control-allow-origin", origins[0]), (b"access-control-expose-headers", _EXPOSED)]


async def send_preflight(send: Send, request: Request, origins: OriginDirectory) -> None:
    """204 to ``OPTIONS``; it allows something for an origin that is listed."""
    shown = request.header_values(b"origin")
    headers: Headers = [_VARY]
    if len(shown) == 1 and await origins.lists(request.tenant.tenant_id, shown[0].decode("latin-1")):
        headers += [
            (b"access-control-allow-origin", shown[0]),
            (b"access-control-allow-methods", _METHODS),
            (b"access-control-allow-headers", _HEADERS),
            (b"access-control-max-age", str(MAX_AGE_S).encode()),
        ]
    await send_bytes(send, 204, b"", request.correlation_id, headers)
