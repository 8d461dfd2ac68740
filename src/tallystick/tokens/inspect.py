"""Recognises access tokens of ours.

1. a well-formed JWT of a type that access tokens have            `jose.jwt`
2. signed by one of the tenant's published keys
3. ``iss``, ``aud``, ``exp``: ours, for this API, alive
4. the client it names still exists
5. if it is bound, this connection proves possession (RFC 8705 3), whatever scheme it came in; it must be where the
   client's profile demands that, also when it was issued before that did
6. if it is in a person's name, what it belongs to was not withdrawn, and the person may still sign in
"""

from __future__ import annotations

from collections.abc import Collection

from ..clients.directory import ClientDirectory
from ..clock import Clock
from ..errors import OAuthError
from ..jose.claims import VerifiedClaims
from ..jose.jwt import parse, verify
from ..jose.refusals import JwtRefused
from ..jose.shown import start_of
from ..live import LiveRecords
from ..sender.mtls import proves
from ..signing.ring import KeyRing
from ..tenants.hosts import HostDirectory
from ..tenants.tenant import Tenant
from ..users.user import User
from .bearer import InspectedToken, IssuedAccessToken, Person
from .family import TokenFamily

TOKEN_BYTES_MAX = 16 * 1024
"""A token of ours with the Management API's every scope is a quarter of it."""
TYPES = frozenset({"jwt", "at+jwt"})


class InvalidToken(OAuthError):
    """RFC 6750 3.1."""

    def __init__(self, check: str, description: str = "Invalid token", **evidence: object) -> None:
        super().__init__("invalid_token", description, check=check, **evidence)


class Inspector:
    """Looks at access tokens that callers show us."""

    def __init__(
        self, ring: KeyRing, clients: ClientDirectory, hosts: HostDirectory, live: LiveRecords, clock: Clock
    ) -> None:
        self._ring = ring
        self._live = live
        self._clients = clients
        self._hosts = hosts
        self._clock = clock

    async def inspect(
        self,
        tenant: Tenant,
        token: str,
        *,
        audience: str,
        peer_certificates: tuple[bytes, ...],
        other_audiences: Collection[str] = (),
    ) -> InspectedToken:
        """What the token gives its bearer; raises :class:`InvalidToken`.

        ``other_audiences`` are other names of the same audience, such as those of custom domains.
        """
        try:
            claims = await self._verified(tenant, token)  # 1, 2
            client_id = await self._checked(claims, tenant, (audience, *other_audiences))  # 3
            grant_id = claims.string("grant_id")
            subject = claims.string("sub") or ""
            scopes = frozenset((claims.string("scope") or "").split())
        except JwtRefused as refusal:
            raise InvalidToken(refusal.check, **refusal.evidence) from None
        registered = await self._clients.find(tenant.tenant_id, client_id)
        if registered is None:  # 4
            raise InvalidToken("token.client_gone", client_id=client_id)
        confirmation = claims.members.get("cnf")
        if confirmation is not None and not (  # 5
            isinstance(confirmation, dict) and proves(confirmation, peer_certificates)
        ):
            names = sorted(confirmation)[:4] if isinstance(confirmation, dict) else []
            raise InvalidToken("token.possession", client_id=client_id, bound_by=names)
        if confirmation is None and registered.profile.sender_constraint is not None:
            raise InvalidToken("token.unbound", client_id=client_id, profile=registered.profile.name)
        person = None if grant_id is None else await self._person(tenant, grant_id)  # 6
        return InspectedToken(client_id=client_id, subject=subject, audience=audience, scopes=scopes, person=person)

    async def issued(self, tenant: Tenant, token: str) -> IssuedAccessToken | None:
        """Whose access token it is, if it is one of ours and alive; None for anything else."""
        try:
            claims = await self._verified(tenant, token)
            issuer, expires_at_ms = claims.string("iss"), claims.numeric_date_ms("exp")
            client_id = claims.string("azp") or claims.string("client_id")
            grant_id = claims.string("grant_id")
        except (InvalidToken, JwtRefused):
            return None
        is_ours = issuer == tenant.issuer or issuer in await self._hosts.issuers(tenant)
        if not is_ours or client_id is None or expires_at_ms is None or expires_at_ms <= self._clock.now_ms():
            return None
        return IssuedAccessToken(client_id=client_id, grant_id=grant_id)

    async def _person(self, tenant: Tenant, grant_id: str) -> Person:
        family = await self._live.get(TokenFamily, tenant.tenant_id, grant_id)
        if family is None or family.withdrawn_at_ms is not None:
            because = family.withdrawn_because if family is not None else None
            raise InvalidToken("token.withdrawn", grant_id=grant_id, because=because)
        user = await self._live.get(User, tenant.tenant_id, family.user_id)
        if user is None or user.blocked:
            raise InvalidToken("token.user", user_id=family.user_id, is_blocked=user is not None)
        return Person(user, family)

    async def _verified(self, tenant: Tenant, token: str) -> VerifiedClaims:
        jwt = parse(token, size_bytes_max=TOKEN_BYTES_MAX)
        if jwt.typ not in TYPES:
            raise InvalidToken("token.typ", typ=start_of(jwt.typ or ""), expected=sorted(TYPES))
        key = await self._ring.verification_key(tenant.tenant_id, jwt.kid) if jwt.kid else None
        if key is None:
            raise InvalidToken("token.kid", kid=start_of(jwt.kid or ""))
        return verify(jwt, key.key, key.alg)

    async def _checked(self, claims: VerifiedClaims, tenant: Tenant, audiences: Collection[str]) -> str:
        """The client id of a token that is ours, for this audience, and alive.

        Ours is what any of the tenant's issuers issued: a token of one custom domain counts by all the tenant's hosts.
        """
        if (issuer := claims.string("iss")) != tenant.issuer and issuer not in await self._hosts.issuers(tenant):
            raise InvalidToken("token.iss", expected=tenant.issuer)
        named = claims.audience()
        if not set(audiences).intersection((named,) if isinstance(named, str) else named or ()):
            shown = named if isinstance(named, str) else " ".join(named or ())
            raise InvalidToken("token.aud", f"Bad audience: {shown[:200]}", expected=next(iter(audiences)))
        expires_at_ms = claims.numeric_date_ms("exp")
        now_ms = self._clock.now_ms()
        if expires_at_ms is None or expires_at_ms <= now_ms:
            past_s = None if expires_at_ms is None else (now_ms - expires_at_ms) // 1000
            raise InvalidToken("token.exp", "Expired token received for JSON Web Token validation", seconds_past=past_s)
        client_id = claims.string("azp") or claims.string("client_id")
        if client_id is None:
            raise InvalidToken("token.client")
        return client_id
