"""What the page of consent shows of a pending request: what the table of checks leaves of it now."""

from __future__ import annotations

from ..authorization.incoming import resumed
from ..authorization.pending import PendingAuthorization
from ..authorization.walk import EntryPoint
from ..errors import OAuthError
from ..tenants.tenant import Tenant
from ..ui.asked import Asked, ReadAsked
from .authorization import authorization_requests_of
from .worker import Worker


def reader_of_asked(worker: Worker) -> ReadAsked:
    """Reads a pending request as it may be answered now."""
    requests = authorization_requests_of(worker)

    async def read(tenant: Tenant, pending: PendingAuthorization) -> Asked:
        found = await requests.read(tenant, resumed(pending), EntryPoint.RESUME)
        if found.request is None:
            raise found.refusal or OAuthError(
                "invalid_request", "It may no longer be answered.", check="pending.unknown"
            )
        asked = found.request
        return Asked(
            redirect_uri=asked.destination.redirect_uri,
            scope=asked.shown_scope,
            resource_server=asked.resource_server,
            authorization_details=asked.authorization_details or (),
            detail_types=asked.detail_types,
            is_transactional=asked.is_transactional,
            fingerprint=asked.fingerprint,
        )

    return read
