"""What counts at the moment of a request: the system API's scopes, and what a grant is worth today. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from msgspec.structs import replace

from .client_grants import ClientGrant
from .resource_servers import ResourceServer

SystemScopes = Callable[[], Sequence[str]]
"""Every scope of the Management API, as the table of routes has them in this release: never read from a row, so that an
upgrade adds its scopes everywhere at once."""


def with_system_scopes(api: ResourceServer, system_scopes: Iterable[str]) -> ResourceServer:
    """The Management API with every scope there is; any other API unchanged."""
    if not api.is_system:
        return api
    scopes = [{"value": value, "description": _described(value)} for value in sorted(set(system_scopes))]
    return replace(api, metadata={**api.metadata, "scopes": scopes})


def grant_in_force(grant: ClientGrant, api: ResourceServer) -> ClientGrant | None:
    """The grant with the scopes it is worth now: what the API still defines, all of it with ``allow_all_scopes``.

    None when the API gives no tokens to such subjects (``subject_type_authorization``), whatever was granted.
    """
    policies = api.metadata.get("subject_type_authorization") or {}
    if (policies.get(grant.subject_type) or {}).get("policy") == "deny_all":
        return None
    if grant.is_system or grant.allow_all_scopes:
        return replace(grant, scope=list(api.scopes))
    defined = frozenset(api.scopes)
    return replace(grant, scope=[scope for scope in grant.scope if scope in defined])


def _described(scope: str) -> str:
    """``read:client_grants`` as people read it."""
    return scope.replace(":", " ").replace("_", " ").capitalize()
