"""Recognises access tokens of ours.

1. a well-formed JWT of a type that access tokens have            `jose.jwt`
2. signed by one of the tenant's published keys
3. ``iss``, ``aud``, ``exp``: ours, for this API, alive
4. the client it names still exists
5. if it is bound, this connection proves possession (RFC 8705 3), whatever scheme it came in
"""

from __future__ import annotations

from ..clients.directory import ClientDirectory
from ..clock import Clock
from ..errors import OAuthError
from ..jose.claims import VerifiedClaims
from ..jose.jwt import parse, verify
from ..jose.refusals import JwtRefused
from ..jose.shown import start_of
from ..sender.mtls import proves
from ..signing.ring import KeyRing
from ..tenants.hosts import HostDirectory
from ..tenants.tenant import Tenant
from .bearer import InspectedToken

TOKEN_BYTES_MAX = 16 * 1024
"""A token of ours with the Management API's every scope is a quarter of it."""
TYPES = frozenset({"jwt", "at+jwt"})


class InvalidToken(OAuthError):
    """RFC 6750 3.1."""

    def __init__(self, check: str, description: str = "Invalid token", **evidence: object) -> None:
        super().__init__("invalid_token", description, check=check, **evidence)


class Inspector:
    """Looks at access tokens that callers show us."""

    def __init__(self, ring: KeyRing, clients: ClientDirectory, hosts: HostDirectory, clock: Clock) -> None:
        self._ring = ring
        self._clients = clients
        self._hosts = hosts
        self._clock = clock

    async def inspect(
        self, tenant: Tenant, token: str, *, audience: str, peer_certificates: tuple[bytes, ...]
    ) -> InspectedToken:
        """What the token gives its bearer; raises :class:`InvalidToken`."""
        try:
            claims = await self._verified(tenant, token)  # 1, 2
            client_id = await self._checked(claims, tenant, audience)  # 3
            subject = claims.string("sub") or ""
            scopes = frozenset((claims.string("scope") or "").split())
        except JwtRefused as refusal:
            raise InvalidToken(refusal.check, **refusal.evidence) from None
        if await self._clients.find(tenant.tenant_id, client_id) is None:  # 4
            raise InvalidToken("token.client_gone", client_id=client_id)
        confirmation = claims.members.get("cnf")
        if confirmation is not None and not (  # 5
            isinstance(confirmation, dict) and proves(confirmation, peer_certificates)
        ):
            names = sorted(confirmation)[:4] if isinstance(confirmation, dict) else []
            raise InvalidToken("token.possession", client_id=client_id, bound_by=names)
        return InspectedToken(client_id=client_id, subject=subject, audience=audience, scopes=scopes)

    async def _verified(self, tenant: Tenant, token: str) -> VerifiedClaims:
        jwt = parse(token, size_bytes_max=TOKEN_BYTES_MAX)
        if jwt.typ not in TYPES:
            raise InvalidToken("token.typ", typ=start_of(jwt.typ or ""), expected=sorted(TYPES))
        key = await self._ring.verification_key(tenant.tenant_id, jwt.kid) if jwt.kid else None
        if key is None:
            raise InvalidToken("token.kid", kid=start_of(jwt.kid or ""))
        return verify(jwt, key.key, key.alg)

    async def _checked(self, claims: VerifiedClaims, tenant: Tenant, audience: str) -> str:
        """The client id of a token that is ours, for this audience, and alive.

        Ours is what any of the tenant's issuers issued: a token of one custom domain counts by all the tenant's hosts.
        """
        if (issuer := claims.string("iss")) != tenant.issuer and issuer not in await self._hosts.issuers(tenant):
            raise InvalidToken("token.iss", expected=tenant.issuer)
        named = claims.audience()
        if audience not in ((named,) if isinstance(named, str) else named or ()):
            shown = named if isinstance(named, str) else " ".join(named or ())
            raise InvalidToken("token.aud", f"Bad audience: {shown[:200]}", expected=audience)
        expires_at_ms = claims.numeric_date_ms("exp")
        now_ms = self._clock.now_ms()
        if expires_at_ms is None or expires_at_ms <= now_ms:
            past_s = None if expires_at_ms is None else (now_ms - expires_at_ms) // 1000
            raise InvalidToken("token.exp", "Expired token received for JSON Web Token validation", seconds_past=past_s)
        client_id = claims.string("azp") or claims.string("client_id")
        if client_id is None:
            raise InvalidToken("token.client")
        return client_id
