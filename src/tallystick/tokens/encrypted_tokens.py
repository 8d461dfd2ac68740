"""Encrypted access tokens, known again when their application revokes them (RFC 7009 2.1).

What is encrypted to an API nobody else can read, not even we. Where the API also publishes the status of its tokens,
a keyed hash of each is kept, with whose it is, its place in the lists, and the hash of the JWT within, by which that is
known again when its API asks: enough to withdraw it, and no more, so that nothing of the content is told here that the
encryption hides from the application (auth0.md 5.2).
"""

from __future__ import annotations

from ..handles import HandleHasher
from ..live import LiveRecords
from .access_token import AccessTokenOrder
from .opaque_token import OpaqueToken
from .recognised import ENCRYPTED, IssuedAccessToken, jwt_hash
from .status_places import StatusPlace

PURPOSE = "encrypted access token"
JWT_HASH = "jwt_hash"
"""The hash of the JWT within, among what is kept."""


class EncryptedTokens:
    """Keeps and finds them."""

    def __init__(self, live: LiveRecords, handles: HandleHasher) -> None:
        self._live = live
        self._handles = handles

    def kept(self, order: AccessTokenOrder, place: StatusPlace, text: str, signed: str) -> OpaqueToken:
        """What is to be written before the token is handed out; ``signed`` is the JWT within."""
        tenant_id = order.tenant.tenant_id
        expires_at_ms = (order.now_ms // 1000 + order.lifetime_s) * 1000
        return OpaqueToken(
            tenant_id=tenant_id,
            token_hash=self._hash(tenant_id, text),
            client_id=order.client_id,
            grant_id=order.grant_id,
            claims={
                "aud": order.resource_server.identifier,
                "status": place.claim(order.tenant),
                JWT_HASH: jwt_hash(signed.rpartition(".")[0].encode()),
            },
            created_at_ms=order.now_ms,
            expires_at_ms=expires_at_ms,
            purge_at_ms=expires_at_ms,
        )

    async def issued(self, tenant_id: str, text: str) -> IssuedAccessToken | None:
        """Whose token this is, if it was kept; None for any other text. Nobody has read what is within."""
        kept = await self._live.get(OpaqueToken, tenant_id, self._hash(tenant_id, text))
        if kept is None:
            return None
        return IssuedAccessToken(
            claims=kept.claims,
            client_id=kept.client_id,
            grant_id=kept.grant_id,
            audiences=(kept.claims["aud"],),
            scopes=frozenset(),
            subject="",
            issued_at_ms=kept.created_at_ms,
            expires_at_ms=kept.expires_at_ms,
            confirmation=None,
            # Of the JWT within: that is what its API has in hand, and shows us.
            token_hash=kept.claims[JWT_HASH],
            form=ENCRYPTED,
        )

    def _hash(self, tenant_id: str, text: str) -> str:
        return self._handles.digest(PURPOSE, tenant_id, text)
