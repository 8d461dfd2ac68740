"""The metadata of the Management API as a protected resource (RFC 9728)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ..apis.effective import SystemScopes
from ..records import Json
from ..tenants.tenant import Tenant
from ..web.protected_resource import resource_metadata
from .door import AUDIENCE_PATH

NAME = "Management API"


def management_metadata(scopes: SystemScopes) -> Callable[[Tenant], Awaitable[Json]]:
    """What writes the document of any tenant; ``scopes`` are all that the routes ask for."""

    async def write(tenant: Tenant) -> Json:
        # It has one identifier, whatever host it is asked at.
        return resource_metadata(tenant.canonical, AUDIENCE_PATH, NAME, sorted(scopes()), ("header",))

    return write
