"""What a request tells of whoever tries to prove who they are: what counting and the log need."""

from __future__ import annotations

from typing import Any

import msgspec

from ..events import Event
from ..tenants.tenant import Tenant
from .user import User


class RequestFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One request of a person's browser."""

    tenant: Tenant
    now_ms: int
    correlation_id: str
    ip: str
    user_agent: str = ""
    hostname: str = ""
    client_id: str = ""
    """The application they want to get to; empty when there is none."""
    client_name: str = ""
    transaction_linking_id: str | None = None
    """The transaction that this is a step of."""

    def event(self, type: str, description: str, user: User | None = None, **details: Any) -> Event:
        """A row of the log about it; ``details`` hold no secret."""
        if self.transaction_linking_id is not None:
            details = {"transaction_linking_id": self.transaction_linking_id, **details}
        return Event(
            tenant_id=self.tenant.tenant_id,
            type=type,
            at_ms=self.now_ms,
            description=description,
            correlation_id=self.correlation_id,
            client_id=self.client_id,
            client_name=self.client_name,
            user_id=user.user_id if user else "",
            user_name=user.email if user else "",
            connection=user.connection if user else "",
            ip=self.ip,
            user_agent=self.user_agent,
            hostname=self.hostname,
            details=details,
        )
