"""ASGI requests by hand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.types import Receive

from tallystick.tenants.tenant import Tenant
from tallystick.web.request import Request

TENANT = Tenant(
    tenant_id="t1", name="t1", issuer="https://as.example/", mtls_issuer="https://as.example/", created_at_ms=0
)


def scope(path: str = "/oauth/token", method: str = "POST", *headers: tuple[bytes, bytes], **more: Any) -> Any:
    """An HTTP scope."""
    return {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": list(headers),
        "client": ("192.0.2.1", 1),
        "extensions": {},
        **more,
    }


class Body:
    """A body that comes in pieces; notes how many of them were asked for. Ends with a disconnect."""

    def __init__(self, *pieces: bytes, more_after: bool = False) -> None:
        self.messages: list[dict[str, Any]] = [
            {"type": "http.request", "body": piece, "more_body": more_after or number < len(pieces) - 1}
            for number, piece in enumerate(pieces)
        ]
        self.asked = 0

    async def __call__(self) -> Any:
        """Implements ASGI's ``receive``."""
        self.asked += 1
        return self.messages.pop(0) if self.messages else {"type": "http.disconnect"}


def request(receive: Receive, headers: Iterable[tuple[bytes, bytes]] = (), **more: Any) -> Request:
    """A request of the tenant."""
    return Request(scope("/oauth/token", "POST", *headers, **more), receive, TENANT, "c" * 24)
