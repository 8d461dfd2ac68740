"""The facts of a request, as counting and the log want to have them."""

from __future__ import annotations

from ..clients.client import Client
from ..users.facts import RequestFacts
from .request import Request


def facts_of(request: Request, now_ms: int, client: Client | None = None) -> RequestFacts:
    """What the request tells; ``client`` is the application that its person wants to get to."""
    return RequestFacts(
        tenant=request.tenant,
        now_ms=now_ms,
        correlation_id=request.correlation_id,
        ip=request.ip,
        user_agent=request.user_agent,
        hostname=request.hostname,
        client_id=client.client_id if client is not None else "",
        client_name=client.name if client is not None else "",
    )
