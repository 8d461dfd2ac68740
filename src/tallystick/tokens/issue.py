"""Issues access tokens: the claims, signed with the tenant's current key, and encrypted where the API wants that.

Or a handle in their place, where the API wants to be asked for; then they are a record to be written.
"""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from ..apis.token_encryption import encrypted
from ..errors import OAuthError
from ..jose.jwt import ACCESS_TOKEN_BYTES_MAX
from ..jose.strict_json import BRACKETS_MAX
from ..live import LiveRecord
from ..sender.binding import token_type_of
from ..signing.ring import KeyRing
from .access_token import DIALECTS, AccessTokenOrder, access_token_claims
from .encrypted_tokens import EncryptedTokens
from .opaque_tokens import OpaqueTokens
from .status_places import StatusPlace, StatusPlaces

_encode = msgspec.json.Encoder().encode


class IssuedToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token and what the token response says beside it."""

    access_token: str
    token_type: str
    expires_in_s: int
    saves: tuple[LiveRecord, ...] = ()
    """What has to be written before the token is handed out, in one write with all else that came of the request."""

    def __repr__(self) -> str:
        return f"IssuedToken(token_type={self.token_type!r}, expires_in_s={self.expires_in_s})"


class Issuer:
    """Signs what was granted."""

    def __init__(
        self, ring: KeyRing, opaque_tokens: OpaqueTokens, encrypted_tokens: EncryptedTokens, places: StatusPlaces
    ) -> None:
        self._ring = ring
        self._opaque_tokens = opaque_tokens
        self._encrypted_tokens = encrypted_tokens
        self._places = places

    async def issue(self, order: AccessTokenOrder) -> IssuedToken:
        """A JWT in the API's dialect, signed and encrypted as the API wants, or a handle.

        Raises OAuthError for what would be too large.
        """
        if order.resource_server.has_opaque_tokens:
            text, opaque = self._opaque_tokens.made(order)
            return _issued(order, text, opaque)
        if order.resource_server.publishes_status and order.place is None:
            order = replace(order, place=await self._own_place(order))
        signer = await self._ring.signer(order.tenant.tenant_id, order.resource_server.signing_alg)
        typ = DIALECTS[order.resource_server.token_dialect].typ
        claims = _encode(access_token_claims(order))
        if claims.count(b"{") + claims.count(b"[") > BRACKETS_MAX:
            raise _too_large(claims)
        token = signed = signer.sign(claims, typ)
        if (encryption := order.resource_server.token_encryption) is not None:
            token = encrypted(signed, encryption)
            if order.place is not None:
                return _issued(order, token, self._encrypted_tokens.kept(order, order.place, token, signed))
        return _issued(order, token)

    async def _own_place(self, order: AccessTokenOrder) -> StatusPlace:
        """A place for this token alone: nothing else of it is kept, unless it is revoked."""
        # A person's token is withdrawn with its family: in another place than the family's nobody would hear of it.
        if order.grant_id is not None:
            raise AssertionError("a person's token came without the place of its family")
        return await self._places.take(order.tenant.tenant_id)


def _issued(order: AccessTokenOrder, token: str, *saves: LiveRecord) -> IssuedToken:
    if len(token) > ACCESS_TOKEN_BYTES_MAX:
        raise _too_large(token)
    return IssuedToken(
        access_token=token,
        token_type=token_type_of(order.binding),
        expires_in_s=order.lifetime_s,
        saves=saves,
    )


def _too_large(token: str | bytes) -> OAuthError:
    """What no door could read nobody could revoke either (RFC 7009 2.1)."""
    return OAuthError(
        "invalid_request",
        "The access token would be too large. Ask for fewer scopes.",
        check="issue.size",
        size_bytes=len(token),
    )
