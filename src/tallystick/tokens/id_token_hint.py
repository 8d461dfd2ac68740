"""An ID token of ours that somebody shows as a hint (OpenID Connect Core 3.1.2.1, RP-Initiated Logout 1.0, 2)."""

from __future__ import annotations

import msgspec

from ..jose.jwe import is_jwe
from ..jose.jwe import parse as parse_jwe
from ..jose.jwt import parse, verify
from ..jose.refusals import JwtRefused
from ..signing.ring import KeyRing
from ..tenants.hosts import HostDirectory
from ..tenants.tenant import Tenant
from .recognised import InvalidToken

TOKEN_BYTES_MAX = 16 * 1024
"""As much as a query holds."""
_OF_OTHER_KINDS = ("azp", "client_id", "scope", "grant_id", "gty", "events")
"""Claims by which an access token or a logout token gives itself away (attacks.md 45)."""


class HintedIdToken(msgspec.Struct, frozen=True, kw_only=True):
    """What a verified ID token says. It may have expired: it tells who is meant, and gives nobody anything."""

    client_id: str
    subject: str
    """As that client knows the person; it may be pairwise (see `tokens.subject`)."""
    session_id: str | None
    expires_at_ms: int


class IdTokenHints:
    """Recognises ID tokens of ours."""

    def __init__(self, ring: KeyRing, hosts: HostDirectory) -> None:
        self._ring = ring
        self._hosts = hosts

    async def read(self, tenant: Tenant, token: str) -> HintedIdToken:
        """What it says; raises `tokens.recognised.InvalidToken` for what is not an ID token of this tenant.

        Says nothing of whether the client still exists, the session still lives, or the token has expired.
        """
        try:
            jwt = parse(await self._opened(tenant, token), size_bytes_max=TOKEN_BYTES_MAX)
            key = await self._ring.verification_key(tenant.tenant_id, jwt.kid) if jwt.kid else None
            if key is None:
                raise InvalidToken("id_token_hint.kid")
            claims = verify(jwt, key.key, key.alg)
            if jwt.typ != "jwt" or any(name in claims.members for name in _OF_OTHER_KINDS):
                raise InvalidToken("id_token_hint.kind")
            if (issuer := claims.string("iss")) != tenant.issuer and issuer not in await self._hosts.issuers(tenant):
                raise InvalidToken("id_token_hint.iss", expected=tenant.issuer)
            client_id, subject, expires_at_ms = claims.audience(), claims.string("sub"), claims.numeric_date_ms("exp")
            session_id = claims.string("sid")
        except JwtRefused as refusal:
            raise InvalidToken(refusal.check, **refusal.evidence) from None
        # A signed answer of /userinfo names issuer, audience and subject too, but never an end.
        if not isinstance(client_id, str) or subject is None or expires_at_ms is None:
            raise InvalidToken("id_token_hint.kind")
        return HintedIdToken(client_id=client_id, subject=subject, session_id=session_id, expires_at_ms=expires_at_ms)

    async def _opened(self, tenant: Tenant, token: str) -> str:
        """Core 3.1.2.1: a client may show the signed ID token encrypted to us. One that we encrypted to it, it has to
        decrypt before: it is not for us to read."""
        if not is_jwe(token):
            return token
        content = await self._ring.decrypt(tenant.tenant_id, parse_jwe(token, size_bytes_max=TOKEN_BYTES_MAX))
        try:
            return content.decode("ascii")
        except UnicodeDecodeError:
            raise InvalidToken("id_token_hint.kind") from None
