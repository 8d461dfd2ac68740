"""Pushed requests: kept for their client, visited while they are fresh, and erased by the answer (RFC 9126).

Until somebody is answered a request may be visited again, as a reload does. Of two browsers that went as far as an
answer, the second is told that it came too late: both erase one row, in the write that makes their answer.
"""

from __future__ import annotations

from ..errors import OAuthError
from ..handles import HANDLE_CHARS, HandleHasher, new_handle
from ..live import LiveRecords
from ..tenants.settings import setting
from ..tenants.tenant import Tenant
from .pending import PENDING_LIFE_MS
from .pendings import ID_TOKEN_HINT
from .provenance import kept_provenance
from .pushed_request import REQUEST_URI_PREFIX, PushedRequest, pushed_id_of
from .request import AuthorizationRequest

EXPIRES_IN_S = 30
"""How long a pushed request may be visited, where its client has no ``par_request_expiry`` (auth0.md 1.4)."""
INVALID_REQUEST_URI = "invalid_request_uri"


def are_offered(tenant: Tenant) -> bool:
    """Whether the tenant takes pushed requests."""
    return bool(setting(tenant, "pushed_authorization_requests_supported"))


def names_pushed(request_uri: str | None) -> bool:
    """Whether this is the ``request_uri`` of a pushed request, and of no other document."""
    return request_uri is not None and request_uri.startswith(REQUEST_URI_PREFIX)


class PushedRequests:
    """Names, keeps, finds and ends them."""

    def __init__(self, live: LiveRecords, handles: HandleHasher) -> None:
        self._live = live
        self._handles = handles

    def new_name(self, tenant: Tenant) -> tuple[str, str]:
        """A fresh ``request_uri``, and the id under which the request will be kept."""
        handle = new_handle()
        return REQUEST_URI_PREFIX + handle, pushed_id_of(self._handles, tenant.tenant_id, handle)

    async def keep(self, asked: AuthorizationRequest, now_ms: int) -> int:
        """Keep a request that every check let through, under the id in its provenance; for how many seconds."""
        if asked.provenance.pushed_id is None:
            raise AssertionError("only what is being pushed is kept")
        expires_in_s = int(asked.client.metadata.get("par_request_expiry") or EXPIRES_IN_S)
        expires_at_ms = now_ms + expires_in_s * 1000
        pushed = PushedRequest(
            tenant_id=asked.tenant.tenant_id,
            id=asked.provenance.pushed_id,
            client_id=asked.client.client_id,
            parameters={name: value for name, value in asked.parameters.items() if name != ID_TOKEN_HINT},
            provenance=kept_provenance(asked.provenance),
            hinted_subject=asked.hinted_subject,
            created_at_ms=now_ms,
            expires_at_ms=expires_at_ms,
            purge_at_ms=expires_at_ms + PENDING_LIFE_MS,
        )
        await self._live.write(saves=(pushed,))
        return expires_in_s

    async def visited(self, tenant: Tenant, client_id: str, request_uri: str, now_ms: int) -> PushedRequest:
        """The request that this client pushed under this name; raises OAuthError."""
        if not are_offered(tenant):
            raise _refused("pushed.off")
        handle = request_uri.removeprefix(REQUEST_URI_PREFIX)
        if len(handle) != HANDLE_CHARS:
            raise _refused("pushed.unknown")
        pushed = await self.waiting(tenant.tenant_id, pushed_id_of(self._handles, tenant.tenant_id, handle))
        if pushed is None:
            raise _refused("pushed.unknown")
        if pushed.client_id != client_id:
            raise _refused("pushed.client", client_id=client_id[:64], pushed_by=pushed.client_id)
        if now_ms >= pushed.expires_at_ms:
            raise _refused("pushed.expired", seconds_past=(now_ms - pushed.expires_at_ms) // 1000)
        return pushed

    async def waiting(self, tenant_id: str, pushed_id: str) -> PushedRequest | None:
        """The request, if nobody was answered yet; whether it may still be visited is not asked."""
        return await self._live.get(PushedRequest, tenant_id, pushed_id)

    async def end(self, tenant_id: str, pushed_id: str) -> None:
        """Erase it, for an answer that needs nothing else to be written. Raises OAuthError for all but one."""
        if not await self._live.erase_where(PushedRequest, tenant_id, {"id": pushed_id}):
            raise too_late()


def too_late() -> OAuthError:
    """Somebody was answered already."""
    return _refused("pushed.spent")


def _refused(check: str, **evidence: object) -> OAuthError:
    """Whoever tries names learns nothing but that this one is not good."""
    return OAuthError(INVALID_REQUEST_URI, "The request_uri is unknown, used or expired.", check=check, **evidence)
