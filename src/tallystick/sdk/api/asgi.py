"""ASGI middleware: no request comes through without a token that holds, and every refusal is answered as RFCs want it.

    app.add_middleware(Protection, resource=ProtectedResource(…))     # FastAPI, Starlette
    app = Protection(app, resource=ProtectedResource(…))              # any ASGI application

Inside, ``access_token(scope)`` is the verified token; what its methods raise for missing scopes becomes an answer here.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable, Collection, Mapping, MutableMapping
from typing import Any
from urllib.parse import quote

import msgspec

from .access_token import AccessToken
from .protected_resource import ProtectedResource
from .refusals import ApiRefused, TokenMissing
from .request import ApiRequest

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

ACCESS_TOKEN = "tallystick.access_token"  # noqa: S105 - the name of a scope's member
POLICY_VIOLATION = 1008
"""RFC 6455 7.4.1."""
_READING = frozenset({"GET", "HEAD"})
_GUARDED = frozenset({"http", "websocket"})
_JSON = (b"content-type", b"application/json")
_UNKEPT = (b"cache-control", b"no-store")
log = logging.getLogger("tallystick.sdk.api")


def access_token(scope: Mapping[str, Any]) -> AccessToken:
    """The verified token of a request; raises TokenMissing on a path that needs none."""
    token = scope.get(ACCESS_TOKEN)
    if not isinstance(token, AccessToken):
        raise TokenMissing
    return token


class Protection:
    """Stands in front of an application. ``public``: exact paths that need no token, such as ``/healthz``."""

    def __init__(self, app: AsgiApp, *, resource: ProtectedResource, public: Collection[str] = ()) -> None:
        self._app = app
        self._resource = resource
        if isinstance(public, str):
            raise TypeError("public is a list of paths")
        if slips := [path for path in public if not path.startswith("/")]:
            raise ValueError(f"a path begins with a slash, not {slips[0]!r}")
        self._public = frozenset(public)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or the application's life, which is let through."""
        if scope["type"] not in _GUARDED:
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
                return
            raise RuntimeError(f"unknown kind of request: {scope['type']}")
        if scope["path"] == self._resource.metadata_path and scope.get("method") in _READING:
            await _send_json(send, 200, self._resource.document(), [])
            return
        sending = _Sending(send)
        # One for another API, whose middleware stands around this one, opens nothing here.
        scope.pop(ACCESS_TOKEN, None)
        try:
            if scope["path"] not in self._public:
                token = await self._resource.admit(api_request(scope, self._resource))
                scope[ACCESS_TOKEN] = token
                sending.nonce = token.next_nonce
            await self._app(scope, receive, sending)
        except ApiRefused as refusal:
            if sending.has_begun:
                raise
            await self._refuse(scope, sending, refusal)

    async def _refuse(self, scope: Scope, send: Send, refusal: ApiRefused) -> None:
        correlation_id = secrets.token_urlsafe(12)
        level = logging.WARNING if refusal.status >= 500 else logging.INFO  # the first is the operator's to mend
        log.log(level, "refused: %s %s %s", refusal.check, correlation_id, refusal.evidence)
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
            return
        headers = self._resource.challenger.headers(refusal, _scheme_of(scope))
        body = {
            **({"error": refusal.code} if refusal.code else {}),
            "error_description": refusal.description,
            "correlation_id": correlation_id,
        }
        await _send_json(send, refusal.status, body, headers)


class _Sending:
    """Sends on, and knows whether the answer has begun; hands out the next nonce."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.has_begun = False
        self.nonce: str | None = None

    async def __call__(self, message: Message) -> None:
        self.has_begun = True
        if message["type"] == "http.response.start" and self.nonce is not None:
            headers = [*message.get("headers", ()), (b"dpop-nonce", self.nonce.encode())]
            if not any(name.lower() == b"cache-control" for name, _ in headers):
                headers.append(_UNKEPT)  # RFC 9449 8.2: a kept answer hands out an old nonce
            message = {**message, "headers": headers}
        await self._send(message)


def api_request(scope: Mapping[str, Any], resource: ProtectedResource) -> ApiRequest:
    """What an ASGI request shows; raises ApiRefused for a certificate header that nobody may send."""
    raw_path = scope.get("raw_path")
    path = raw_path.decode("latin-1") if raw_path else quote(scope["path"])
    return ApiRequest(
        method=scope.get("method", "GET"),
        path=path.partition("?")[0],
        headers=scope["headers"],
        peer_certificates=resource.certificates.certificates(scope),
    )


def _scheme_of(scope: Mapping[str, Any]) -> str:
    fields = [value for name, value in scope["headers"] if name.lower() == b"authorization"]
    return fields[0].split(b" ")[0].lower().decode("latin-1") if fields else ""


async def _send_json(send: Send, status: int, body: object, headers: list[tuple[str, str]]) -> None:
    content = msgspec.json.encode(body)
    said = [(name.lower().encode("ascii"), value.encode("ascii")) for name, value in headers]
    cache = (b"cache-control", b"public, max-age=3600") if status == 200 else _UNKEPT
    length = (b"content-length", str(len(content)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [_JSON, cache, length, *said]})
    await send({"type": "http.response.body", "body": content})
