"""`/oauth/status-lists`: which access tokens were withdrawn, for any API to fetch (draft-ietf-oauth-status-list 8, 9).

    GET /oauth/status-lists/{number}   one list, a signed JWT           draft 8.1, 8.2
    GET /oauth/status-lists            the URLs of all lists             draft 9.3

Anyone may read them, pages of any origin too; no cookie and no credential plays a part.
"""

from __future__ import annotations

import re

import msgspec
from starlette.types import Send

from ..errors import OAuthError
from ..tokens.status_lists import TTL_S, TYP, PublishedList, StatusLists
from ..web.accept import accepts
from ..web.answers import NO_STORE, Headers, send_bytes, send_json, send_oauth_error
from ..web.parameters import read_query
from ..web.request import Request
from .table import STATUS_LISTS

MEDIA_TYPE = f"application/{TYP}"
MAX_AGE_S = TTL_S // 3
"""What a cache between us and an API may add to the age of a list."""
_PREFIX = f"/{STATUS_LISTS.path}/"
_NUMBER = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)
_ANYONE: Headers = [(b"access-control-allow-origin", b"*")]
_PREFLIGHT: Headers = [
    *_ANYONE,
    (b"access-control-allow-methods", b"GET"),
    (b"access-control-allow-headers", b"If-None-Match"),
    (b"access-control-max-age", b"86400"),
]
_CACHED: Headers = [(b"cache-control", f"public, max-age={MAX_AGE_S}".encode()), *_ANYONE]
_JWT: Headers = [
    (b"content-type", MEDIA_TYPE.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"vary", b"Accept"),
    (b"access-control-expose-headers", b"ETag, X-Correlation-Id"),
    *_CACHED,
]


class StatusListDoor(msgspec.Struct, frozen=True):
    """The lists of every tenant."""

    lists: StatusLists

    async def __call__(self, request: Request, send: Send) -> None:
        """Answer one request."""
        request.endpoint = f"/{STATUS_LISTS.path}"
        if request.method == "OPTIONS":
            await send_bytes(send, 204, b"", request.correlation_id, _PREFLIGHT)
        elif request.method not in ("GET", "HEAD"):
            await _refuse(send, request, 405, "invalid_request", "Only GET.", [(b"allow", b"GET, HEAD, OPTIONS")])
        elif request.path == f"/{STATUS_LISTS.path}":
            await self._aggregation(request, send)
        else:
            await self._list(request, send)

    async def refuse(self, send: Send, error: Exception, correlation_id: str) -> None:
        """What the gate could not hand on."""
        if not isinstance(error, OAuthError):
            error = OAuthError("temporarily_unavailable", "Try again in a moment.", check="storage")
        await send_oauth_error(send, error, correlation_id, _ANYONE)

    async def _aggregation(self, request: Request, send: Send) -> None:
        count = await self.lists.begun(request.tenant.tenant_id)
        urls = [request.tenant.url(f"{STATUS_LISTS.path}/{number}") for number in range(count)]
        await send_json(send, 200, {"status_lists": urls}, request.correlation_id, _CACHED)

    async def _list(self, request: Request, send: Send) -> None:
        number = request.path.removeprefix(_PREFIX)
        published = None
        if _NUMBER.fullmatch(number):
            published = await self.lists.published(request.tenant, int(number))
        if published is None:
            await _refuse(send, request, 404, "not_found", "Not found.")
        elif "time" in read_query(request):
            # Draft 8.4: what was the case some time ago is not kept.
            await _refuse(send, request, 501, "invalid_request", "Only the present status is known.")
        elif not accepts(request.header_values(b"accept"), MEDIA_TYPE):
            await _refuse(send, request, 406, "invalid_request", f"There is only {MEDIA_TYPE}.")
        else:
            await _send(send, request, published)


async def _send(send: Send, request: Request, published: PublishedList) -> None:
    headers = [(b"etag", published.etag), *_JWT]
    if not _tags(request.header_values(b"if-none-match")).isdisjoint((published.etag.decode(), "*")):
        await send_bytes(send, 304, b"", request.correlation_id, headers)
        return
    await send_bytes(send, 200, published.jwt, request.correlation_id, headers)


def _tags(values: list[bytes]) -> set[str]:
    """RFC 9110 13.1.2: compared weakly."""
    return {tag.strip().removeprefix("W/") for tag in b",".join(values).decode("latin-1").split(",")}


async def _refuse(
    send: Send, request: Request, status: int, code: str, description: str, headers: Headers | None = None
) -> None:
    """Never kept by a cache: a list that is not there yet may be there in a moment (RFC 9111 4.2.2)."""
    body = {"error": code, "error_description": description, "correlation_id": request.correlation_id}
    await send_json(send, status, body, request.correlation_id, [*NO_STORE, *_ANYONE, *(headers or [])])
