"""Access tokens that end before their time, each by itself (RFC 7009 2.1). Persons' tokens end with their families.

Of a JWT we keep nothing, so a revoked one is written down until it would have ended; where it has a place in the status
lists, that is written too, and the list tells. An opaque token is forgotten: there is nothing left that it could mean.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import Conflict
from ..events import Event
from ..live import LiveRecords
from ..records import Stale
from .opaque_token import OpaqueToken
from .recognised import OPAQUE, IssuedAccessToken
from .revoked_token import RevokedToken
from .status_places import place_in


class Revocations:
    """Revokes, and remembers what was revoked."""

    def __init__(self, live: LiveRecords) -> None:
        self._live = live

    async def is_revoked(self, tenant_id: str, token_hash: str) -> bool:
        """Whether the JWT of this hash was revoked: the database is asked each time, so it counts everywhere."""
        return await self._live.get(RevokedToken, tenant_id, token_hash) is not None

    async def revoke(self, tenant_id: str, token: IssuedAccessToken, now_ms: int, events: Sequence[Event]) -> bool:
        """End it, in one write with ``events``; False when it was over already, and nothing was written."""
        try:
            if token.form == OPAQUE:
                return await self._forget(tenant_id, token, events)
            if await self.is_revoked(tenant_id, token.token_hash):
                return False
            await self._live.write(saves=(_revoked(tenant_id, token, now_ms),), events=events)
        except (Stale, Conflict):  # the same token was revoked this very moment
            return False
        return True

    async def _forget(self, tenant_id: str, token: IssuedAccessToken, events: Sequence[Event]) -> bool:
        opaque = await self._live.get(OpaqueToken, tenant_id, token.token_hash)
        if opaque is None:
            return False
        await self._live.write(erasures=(opaque,), events=events)
        return True


def _revoked(tenant_id: str, token: IssuedAccessToken, now_ms: int) -> RevokedToken:
    place = place_in(token.claims)
    return RevokedToken(
        tenant_id=tenant_id,
        token_hash=token.token_hash,
        client_id=token.client_id,
        status_list=place.list_number if place is not None else None,
        status_index=place.index if place is not None else None,
        revoked_at_ms=now_ms,
        purge_at_ms=token.expires_at_ms,
    )
