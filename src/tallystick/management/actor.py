"""From a management call to the actor that the registries ask for."""

from __future__ import annotations

from ..clients.actor import Actor
from .call import Call


def actor_of(call: Call) -> Actor:
    """Who asks: the calling application, with what its scopes let it see of others."""
    return Actor(
        tenant=call.tenant,
        name=call.caller.client_id,
        now_ms=call.now_ms,
        event=call.event,
        sees_clients=call.caller.holds_any("read:clients", "read:client_keys", "read:client_summary"),
        sees_credentials=call.caller.holds_any("read:client_credentials"),
    )
