"""What the log and the metrics tell of a token request. The exact voice: which check, on what evidence."""

from __future__ import annotations

from typing import Any

import msgspec

from ..clientauth.authenticate import AuthenticatedClient
from ..errors import OAuthError
from ..events import Event, EventType
from ..grants.grant import Granted
from ..metrics import TOKEN_REQUESTS
from ..sender.binding import Binding
from ..web.request import Request
from ..web.shown import bounded, shown_by_client, shown_certificate


class Served(msgspec.Struct, kw_only=True):
    """How far one request got: what the log tells of it, whether it succeeds or not."""

    request: Request
    now_ms: int
    parameters: dict[str, str] = {}
    authenticated: AuthenticatedClient | None = None


def success(served: Served, authenticated: AuthenticatedClient, granted: Granted, binding: Binding | None) -> Event:
    credential = authenticated.credential
    details: dict[str, Any] = {"method": authenticated.method}
    if credential is not None:
        details["credential_id"] = credential.id
    if binding is not None:
        details["cnf"] = binding.confirmation
    return _event(
        served,
        EventType.CLIENT_CREDENTIALS_SUCCEEDED,
        "",
        details,
        audience=granted.resource_server.identifier,
        scope=" ".join(granted.scopes),
    )


def failure(served: Served, error: OAuthError) -> Event:
    """The exact voice: which check, on what evidence. Parameter values stay out, but for names that no secret has."""
    details = {"check": error.check, "error": error.code, **bounded(error.evidence)}
    if served.authenticated is None:
        details |= shown_by_client(served.request, served.parameters, error.evidence, served.now_ms)
    else:
        details |= {"method": served.authenticated.method, **shown_certificate(served.request)}
    audience = served.parameters.get("audience", "")[:600]
    return _event(served, EventType.CLIENT_CREDENTIALS_FAILED, error.description, details, audience=audience)


def _event(
    served: Served, type_: str, description: str, details: dict[str, Any], audience: str = "", scope: str = ""
) -> Event:
    request, client = served.request, served.authenticated.client if served.authenticated else None
    return Event(
        tenant_id=request.tenant.tenant_id,
        type=type_,
        at_ms=served.now_ms,
        description=description,
        correlation_id=request.correlation_id,
        client_id=client.client_id if client else "",
        client_name=client.name if client else "",
        ip=request.ip,
        user_agent=request.header(b"user-agent")[:500],
        hostname=request.header(b"host")[:300],
        audience=audience,
        scope=scope,
        details=details,
    )


def count(served: Served, outcome: str, check: str) -> None:
    authenticated = served.authenticated
    method = authenticated.method if authenticated else "unauthenticated"
    grant_type = served.parameters.get("grant_type", "") if authenticated and outcome == "issued" else ""
    TOKEN_REQUESTS.add(grant_type, method, outcome, check)
