"""The gate: every request enters here, gets a correlation id and its tenant, and goes to the endpoint of its path.

The tenant follows from the Host header by exact match with what is configured; nothing else is taken from that header
(attacks.md 49). Whatever an endpoint lets escape becomes one dull answer here, and an exact line in the log.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

import structlog
from starlette.types import Receive, Scope, Send

from ..errors import OAuthError, Unavailable
from ..records import Stale
from ..tenants.hosts import HostDirectory
from .answers import send_json, send_oauth_error
from .exchange import Exchange
from .request import ClientGone, Request, new_correlation_id

Endpoint = Callable[[Request, Send], Awaitable[None]]
"""Answers one request of a tenant."""
Probe = Callable[[], Awaitable[str]]
"""A health check: what fails, or nothing. Needs no tenant, for load balancers ask by address."""


class Door(Protocol):
    """Answers everything under a prefix, and says in its own form what the gate refuses there."""

    async def __call__(self, request: Request, send: Send) -> None:
        """Answer one request of a tenant."""
        ...

    async def refuse(self, send: Send, error: Exception, correlation_id: str) -> None:
        """Say that a request did not get as far as the door."""
        ...


log = structlog.get_logger("tallystick.web")


class Gate:
    """The ASGI application. ``endpoints`` by exact path; ``doors`` by prefix, such as ``/api/v2``."""

    def __init__(
        self,
        hosts: HostDirectory,
        endpoints: Mapping[str, Endpoint],
        doors: Mapping[str, Door],
        probes: Mapping[str, Probe],
        *,
        access_log: bool = False,
    ) -> None:
        self._hosts = hosts
        self._endpoints = endpoints
        self._doors = tuple(doors.items())
        self._probes = probes
        self._access_log = access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One HTTP request. Other kinds of scope are not served."""
        if scope["type"] != "http":
            return
        exchange = Exchange(new_correlation_id(), send)
        try:
            await self._serve(scope, receive, exchange)
        finally:
            exchange.end(scope, log=self._access_log)

    async def _serve(self, scope: Scope, receive: Receive, exchange: Exchange) -> None:
        send, correlation_id = exchange.send, exchange.correlation_id
        try:
            await self._answer(scope, receive, exchange)
        except ClientGone:
            pass
        except OAuthError as error:
            # No endpoint has written it down: the answer's correlation id must lead somewhere.
            log.info("refused", correlation_id=correlation_id, check=error.check, evidence=error.evidence)
            await self._refuse(scope, send, error, correlation_id)
        except (Unavailable, Stale) as error:
            log.error("unavailable", correlation_id=correlation_id, reason=str(error))
            await self._refuse(scope, send, error, correlation_id)
        except Exception as error:
            log.exception("unexpected", correlation_id=correlation_id, path=scope["path"])
            await self._refuse(scope, send, error, correlation_id)

    async def _refuse(self, scope: Scope, send: Send, error: Exception, correlation_id: str) -> None:
        _, door = self._door(_path(scope))
        if door is not None:
            await door.refuse(send, error, correlation_id)
        elif isinstance(error, OAuthError):
            await send_oauth_error(send, error, correlation_id)
        elif isinstance(error, Unavailable | Stale):
            unavailable = OAuthError("temporarily_unavailable", "Try again in a moment.", check="storage")
            await send_oauth_error(send, unavailable, correlation_id, [(b"retry-after", b"1")])
        else:
            await send_oauth_error(send, OAuthError("server_error", "Unexpected error.", check="bug"), correlation_id)

    async def _answer(self, scope: Scope, receive: Receive, exchange: Exchange) -> None:
        send, correlation_id, path = exchange.send, exchange.correlation_id, _path(scope)
        if probe := self._probes.get(path):
            exchange.endpoint = path
            failing = await probe()
            body = {"status": "unavailable", "failing": failing} if failing else {"status": "ok"}
            await send_json(send, 503 if failing else 200, body, correlation_id)
            return
        tenant = await self._hosts.tenant_of(_host(scope))
        if tenant is None:
            # RFC 9110 15.5.20.
            raise OAuthError(
                "invalid_request", "No tenant is configured for this host.", check="host.unknown"
            ).answered_with(421)
        row, endpoint = self._row(path)
        if endpoint is None:
            log.info("refused", correlation_id=correlation_id, tenant_id=tenant.tenant_id, check="path.unknown")
            body = {"error": "not_found", "error_description": "Not found.", "correlation_id": correlation_id}
            await send_json(send, 404, body, correlation_id)
            return
        exchange.request = request = Request(scope, receive, tenant, correlation_id)
        request.endpoint = row
        await endpoint(request, send)

    def _row(self, path: str) -> tuple[str, Endpoint | None]:
        """The path or prefix of our tables that answers, and what answers there."""
        endpoint = self._endpoints.get(path)
        return (path, endpoint) if endpoint is not None else self._door(path)

    def _door(self, path: str) -> tuple[str, Door | None]:
        for prefix, door in self._doors:
            if path == prefix or path.startswith(prefix + "/"):
                return prefix, door
        return "", None


def _path(scope: Scope) -> str:
    """The path as it was sent. RFC 3986 2.2: an escaped slash is no slash, so what is escaped is another path here.

    A reader in front of us that has not decoded it (a proxy's rule, say) would otherwise have seen another URL.
    """
    raw_path: bytes | None = scope.get("raw_path")
    path: str = raw_path.decode("latin-1") if raw_path else scope["path"]
    return path


def _host(scope: Scope) -> str:
    """The one Host header; empty, and so unknown, when there is none or there are several (RFC 9112 3.2)."""
    values = [value for name, value in scope["headers"] if name == b"host"]
    return values[0].decode("latin-1") if len(values) == 1 else ""
