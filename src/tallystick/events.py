"""Events: what happened, for the tenant's own log. The exact voice; the caller of an endpoint gets the dull one."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec


class EventType:
    """The log type codes in use, spelled as Auth0 spells them (auth0.md, appendix B)."""

    CLIENT_CREDENTIALS_SUCCEEDED = "seccft"
    CLIENT_CREDENTIALS_FAILED = "feccft"
    MANAGEMENT_SUCCEEDED = "sapi"
    MANAGEMENT_FAILED = "fapi"


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One row of a tenant's log: who, what, when, from where. Carries no secret and no signature."""

    tenant_id: str
    type: str
    at_ms: int
    description: str = ""
    correlation_id: str = ""
    client_id: str = ""
    client_name: str = ""
    ip: str = ""
    user_agent: str = ""
    hostname: str = ""
    audience: str = ""
    scope: str = ""
    details: dict[str, Any] = {}


class EventLog(Protocol):
    """Keeps events."""

    async def record(self, event: Event) -> None:
        """Write the event; durable before it returns."""
        ...
