"""What the page of consent shows of a pending request: as every check leaves it now."""

from __future__ import annotations

from ..authorization.pending import PendingAuthorization
from ..authorization.walk import EntryPoint
from ..tenants.tenant import Tenant
from ..ui.asked import Asked, ReadAsked
from .authorization import authorization_requests_of
from .worker import Worker


def reader_of_asked(worker: Worker) -> ReadAsked:
    """Reads what is asked as it may be given now: scopes that an API has lost since are left out."""
    requests = authorization_requests_of(worker)

    async def read(tenant: Tenant, pending: PendingAuthorization) -> Asked:
        read = await requests.read(tenant, pending.parameters, EntryPoint.RESUME)
        if read.request is None:
            raise read.refusal or AssertionError("neither read nor refused")
        return Asked(
            redirect_uri=read.request.destination.redirect_uri,
            scope=read.request.scope,
            resource_server=read.request.resource_server,
        )

    return read
