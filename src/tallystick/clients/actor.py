"""The actor: who asks the registry for a change, when, and what the log shall say of it. Every door makes its own."""

from __future__ import annotations

from typing import Any, Protocol

import msgspec

from ..events import Event
from ..tenants.tenant import Tenant


class MakeEvent(Protocol):
    """Makes the log row of a change."""

    def __call__(self, description: str, **details: Any) -> Event:
        """``details`` hold no secret."""
        ...


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks, in the name of which tenant."""

    tenant: Tenant
    name: str
    """The ``client_id`` of the management caller, or the name of another door, such as ``cli``."""
    now_ms: int
    event: MakeEvent
    sees_clients: bool = False
    """Whether a refusal may name other applications of the tenant."""
    sees_credentials: bool = False
    """Whether a refusal may name credentials."""

    @property
    def tenant_id(self) -> str:
        """The tenant's key."""
        return self.tenant.tenant_id
