"""What an application asks a person for, as the page of consent shows it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import urlsplit

import msgspec

from ..apis.detail_types import DetailTypes
from ..apis.resource_servers import ResourceServer
from ..authorization.pending import PendingAuthorization
from ..records import Json
from ..tenants.tenant import Tenant


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What passed every check of the authorization request."""

    redirect_uri: str
    scope: Sequence[str]
    resource_server: ResourceServer | None = None
    """The API; None for the person's own profile."""
    authorization_details: Sequence[Json] = ()
    """What is asked for in detail (RFC 9396)."""
    detail_types: DetailTypes = {}
    """What the API says of their types."""
    is_transactional: bool = False
    """Whether nothing of it is remembered, and a second factor was passed for it."""
    fingerprint: str
    """Tells it from anything else: see `authorization.request`."""

    @property
    def audience(self) -> str | None:
        """The API's identifier."""
        return self.resource_server.identifier if self.resource_server is not None else None

    @property
    def leads_to(self) -> str:
        """Where the answer goes, for people: a host; the scheme of an application on this device."""
        parts = urlsplit(self.redirect_uri)
        return parts.netloc if parts.scheme in ("https", "http") else f"{parts.scheme}:"


ReadAsked = Callable[[Tenant, PendingAuthorization], Awaitable[Asked]]
"""Checks a pending request anew; raises OAuthError when it may no longer be answered."""


def described(scope: Sequence[str], resource_server: ResourceServer | None) -> list[tuple[str, str]]:
    """Each scope with what its API says of it; empty where it says nothing."""
    defined = resource_server.metadata.get("scopes") or () if resource_server is not None else ()
    descriptions = {one["value"]: one.get("description") or "" for one in defined}
    return [(one, descriptions.get(one, "")) for one in scope]
