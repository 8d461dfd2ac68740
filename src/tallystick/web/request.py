"""The HTTP request as endpoints see it: the tenant it is for, who sends it, and a body of bounded size."""

from __future__ import annotations

import os
from typing import Any

from starlette.types import Receive, Scope

from ..certs.verdict import CaVerdict
from ..errors import OAuthError
from ..tenants.tenant import Tenant

BODY_BYTES_MAX = 64 * 1024
"""More than any legitimate request here: the largest is a certificate authority with intermediates."""
LOGGED_CHARS_MAX = 500
"""Of a header that goes into the log."""

PEER_CERTIFICATES = "tallystick.peer_certificates"
"""The ASGI extension under which `front` puts the client's certificate chain: DER, leaf first."""
CA_VERDICT = "tallystick.ca_verdict"
"""The ASGI extension under which `front` puts what a proxy says of that chain: None, True or False."""


class BodyTooLarge(OAuthError):
    """The body is over the limit; the rest of it was not read."""

    def __init__(self, limit_bytes: int = BODY_BYTES_MAX) -> None:
        super().__init__(
            "invalid_request", "The request body is too large.", check="body.size", limit_bytes=limit_bytes
        )
        self.status = 413


class ClientGone(Exception):
    """The client closed the connection before its request was whole; there is nobody to answer."""


class Request:
    """One request. ``tenant`` comes from the configured hosts, ``correlation_id`` is ours and never the caller's."""

    __slots__ = ("_headers", "_receive", "correlation_id", "endpoint", "method", "path", "scope", "tenant")

    _headers: dict[bytes, list[bytes]]

    def __init__(self, scope: Scope, receive: Receive, tenant: Tenant, correlation_id: str) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.tenant = tenant
        self.correlation_id = correlation_id
        self.endpoint = ""
        """Which row of our tables answers; what operators see of the path."""
        self._receive = receive
        self._headers = {}
        for name, value in scope["headers"]:
            if name in self._headers:
                self._headers[name].append(value)
            else:
                self._headers[name] = [value]

    def header_values(self, name: bytes) -> list[bytes]:
        """Every value of a header; ``name`` in lower case."""
        return self._headers.get(name, [])

    def header(self, name: bytes) -> str:
        """The first value of a header as Latin-1 text, or an empty string."""
        values = self._headers.get(name)
        return values[0].decode("latin-1") if values else ""

    @property
    def raw_path(self) -> str:
        """The path as it was sent, escapes and all."""
        raw: bytes = self.scope["raw_path"]
        return raw.decode("latin-1")

    @property
    def query_string(self) -> bytes:
        """The raw query."""
        query: bytes = self.scope["query_string"]
        return query

    @property
    def user_agent(self) -> str:
        """What the caller calls itself, as far as it is worth keeping."""
        return self.header(b"user-agent")[:LOGGED_CHARS_MAX]

    @property
    def hostname(self) -> str:
        """The host that was asked, as the caller spells it, likewise."""
        return self.header(b"host")[:LOGGED_CHARS_MAX]

    @property
    def ip(self) -> str:
        """The client's address; behind a proxy the proxy's, unless that one is believed to name the client's."""
        peer = self.scope.get("client")
        return str(peer[0]) if peer else ""

    @property
    def peer_certificates(self) -> tuple[bytes, ...]:
        """The client's certificate chain, DER, leaf first; empty without one.

        From this connection's handshake, or handed on by a proxy that `front` believes.
        """
        extensions: dict[str, Any] = self.scope.get("extensions") or {}
        return tuple(extensions.get(PEER_CERTIFICATES) or ())

    @property
    def ca_verdict(self) -> CaVerdict:
        """What the proxy that handed the chain on says of it."""
        extensions: dict[str, Any] = self.scope.get("extensions") or {}
        verdict = extensions.get(CA_VERDICT)
        # Nearly always there is none, and looking an enumeration's member up costs more than all the rest here.
        return CaVerdict.NOT_TOLD if verdict is None else CaVerdict(verdict)

    async def body(self, bytes_max: int = BODY_BYTES_MAX) -> bytes:
        """The whole body; raises :class:`BodyTooLarge` without reading on, and :class:`ClientGone`."""
        declared = self.header(b"content-length")
        if declared.isdigit() and int(declared) > bytes_max:
            raise BodyTooLarge(bytes_max)
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        body: bytes = message.get("body", b"")
        if not message.get("more_body"):
            if len(body) > bytes_max:
                raise BodyTooLarge(bytes_max)
            return body
        return await self._rest_of_body(body, bytes_max)

    async def _rest_of_body(self, begun: bytes, bytes_max: int) -> bytes:
        parts, size_bytes, more = [begun], len(begun), True
        while more:
            if size_bytes > bytes_max:
                raise BodyTooLarge(bytes_max)
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            parts.append(message.get("body", b""))
            size_bytes += len(parts[-1])
            more = message.get("more_body", False)
        if size_bytes > bytes_max:
            raise BodyTooLarge(bytes_max)
        return b"".join(parts)


def new_correlation_id() -> str:
    """A fresh id under which the log tells what the answer does not: 24 hex digits."""
    return os.urandom(12).hex()
