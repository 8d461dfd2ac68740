"""Opaque access tokens: made, and looked up when they are shown (RFC 6749 1.4).

A token is 256 random bits behind a prefix by which people and scanners know it. The database has a keyed hash of the
whole text, so that no part of it can be cut, changed or lengthened, and whoever reads the rows can use none of them
(attacks.md 41).
"""

from __future__ import annotations

import re

from ..handles import HANDLE_CHARS, HandleHasher, new_handle
from ..live import LiveRecords
from .access_token import AccessTokenOrder, access_token_claims
from .opaque_token import OpaqueToken

PREFIX = "tat_"
"""Tallystick access token."""
PURPOSE = "opaque access token"
_FORM = re.compile(rf"{PREFIX}[A-Za-z0-9_-]{{{HANDLE_CHARS}}}", re.ASCII)


class OpaqueTokens:
    """Makes and finds opaque tokens."""

    def __init__(self, live: LiveRecords, handles: HandleHasher) -> None:
        self._live = live
        self._handles = handles

    def made(self, order: AccessTokenOrder) -> tuple[str, OpaqueToken]:
        """A fresh token, and what is to be written before it is handed out: all a JWT in its place would say."""
        text, tenant_id = PREFIX + new_handle(), order.tenant.tenant_id
        expires_at_ms = (order.now_ms // 1000 + order.lifetime_s) * 1000
        return text, OpaqueToken(
            tenant_id=tenant_id,
            token_hash=self._hash(tenant_id, text),
            client_id=order.client_id,
            grant_id=order.grant_id,
            claims=access_token_claims(order),
            created_at_ms=order.now_ms,
            expires_at_ms=expires_at_ms,
            purge_at_ms=expires_at_ms,
        )

    async def find(self, tenant_id: str, token: str) -> OpaqueToken | None:
        """What the token stands for; None for anything that is no opaque token of the tenant, and for a revoked one."""
        if not _FORM.fullmatch(token):
            return None
        return await self._live.get(OpaqueToken, tenant_id, self._hash(tenant_id, token))

    def _hash(self, tenant_id: str, text: str) -> str:
        return self._handles.digest(PURPOSE, tenant_id, text)
