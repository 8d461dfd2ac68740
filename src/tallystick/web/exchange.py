"""One request and its answer, as operators see them: counted, timed, and a line in the access log when that is on.

What is told comes from our own tables; nothing of the path, the query or a header, which could hold a secret.
"""

from __future__ import annotations

from collections.abc import Awaitable
from time import perf_counter
from typing import Any

import structlog
from starlette.types import Message, Scope, Send

from ..metrics import OTHER, REQUEST_SECONDS, REQUESTS
from .request import Request

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NO_ENDPOINT = "none"
GONE = "gone"

access_log = structlog.get_logger("tallystick.access")


class Exchange:
    """What the gate learns of a request while it is answered."""

    __slots__ = ("_send", "_started_s", "correlation_id", "endpoint", "request", "status")

    def __init__(self, correlation_id: str, send: Send) -> None:
        self.correlation_id = correlation_id
        self.endpoint = NO_ENDPOINT
        """The row of the table; a request that reached its endpoint knows better (`Request.endpoint`)."""
        self.request: Request | None = None
        self.status = 0
        self._send = send
        self._started_s = perf_counter()

    def send(self, message: Message) -> Awaitable[None]:
        """Send on, and remember the status."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
        return self._send(message)

    def end(self, scope: Scope, *, log: bool) -> None:
        """The answer is out, or nobody waits for it."""
        duration_s = perf_counter() - self._started_s
        endpoint = self.request.endpoint if self.request is not None else self.endpoint
        method = scope["method"] if scope["method"] in METHODS else OTHER
        status = _TEXT.get(self.status) or str(self.status)
        REQUESTS.add(endpoint, method, status)
        REQUEST_SECONDS.add(duration_s, endpoint)
        if log:
            access_log.info(
                "request",
                correlation_id=self.correlation_id,
                tenant=self.request.tenant.name if self.request is not None else "",
                method=method,
                endpoint=endpoint,
                status=status,
                duration_ms=round(duration_s * 1000, 3),
                ip=self.request.ip if self.request is not None else _peer(scope),
            )


_TEXT = {0: GONE, **{status: str(status) for status in (200, 201, 204, 400, 401, 403, 404)}}
"""Frequent ones, made once."""


def _peer(scope: Scope) -> str:
    peer: Any = scope.get("client")
    return str(peer[0]) if peer else ""
