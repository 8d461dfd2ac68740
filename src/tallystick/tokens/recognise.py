"""Recognises access tokens of ours, whoever asks: our own endpoints, introspection, revocation.

1. genuine: a well-formed JWT of a type that access tokens have, signed by one of the tenant's published keys; or a
   handle that we have a record of
2. ours and alive: ``iss`` is one of the tenant's, ``exp`` to come, ``nbf`` come where it is there
3. not revoked by itself
4. the client it names still exists
5. if it is in a person's name, what it belongs to was not withdrawn, and the person may still sign in

Says nothing yet of audience and possession: that is for whoever is asked to serve the token (`tokens.inspect`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..clients.directory import ClientDirectory
from ..clock import Clock
from ..jose.claims import Claims
from ..jose.jwt import parse_access_token, verify
from ..jose.refusals import JwtRefused
from ..jose.shown import start_of
from ..live import LiveRecords
from ..signing.ring import KeyRing
from ..tenants.hosts import HostDirectory
from ..tenants.tenant import Tenant
from ..users.user import User
from .bearer import Person
from .family import TokenFamily
from .opaque_tokens import OpaqueTokens
from .recognised import JWT, OPAQUE, InvalidToken, IssuedAccessToken, Recognised, jwt_hash
from .revocations import Revocations

TYPES = frozenset({"jwt", "at+jwt"})


class Recogniser:
    """Looks at access tokens, for every door that takes them."""

    def __init__(
        self,
        ring: KeyRing,
        clients: ClientDirectory,
        hosts: HostDirectory,
        live: LiveRecords,
        clock: Clock,
        opaque_tokens: OpaqueTokens,
        revocations: Revocations,
    ) -> None:
        self._ring = ring
        self._clients = clients
        self._hosts = hosts
        self._live = live
        self._clock = clock
        self._opaque_tokens = opaque_tokens
        self._revocations = revocations

    async def recognise(self, tenant: Tenant, token: str) -> Recognised:
        """What the token says, if it counts today; raises :class:`InvalidToken`."""
        issued = await self.issued(tenant, token)  # 1, 2
        if await self._is_revoked(tenant.tenant_id, issued):
            raise InvalidToken("token.revoked", client_id=issued.client_id)  # 3
        registered = await self._clients.find(tenant.tenant_id, issued.client_id)
        if registered is None:  # 4
            raise InvalidToken("token.client_gone", client_id=issued.client_id)
        person = None if issued.grant_id is None else await self._person(tenant, issued.grant_id)  # 5
        return Recognised(**_members(issued), registered=registered, person=person)

    async def issued(self, tenant: Tenant, token: str, *, checks_issuer: bool = True) -> IssuedAccessToken:
        """What the token says, if it is genuine, ours and alive: steps 1 and 2; raises :class:`InvalidToken`.

        Without ``checks_issuer`` also one of a custom domain that is gone: the tenant's key signed it.
        """
        try:
            form, claims, token_hash = await self._genuine(tenant, token)
            if checks_issuer:
                await self._check_issuer(tenant, claims)
            return self._alive(claims, form, token_hash)
        except JwtRefused as refusal:
            raise InvalidToken(refusal.check, **refusal.evidence) from None

    async def _genuine(self, tenant: Tenant, token: str) -> tuple[str, Claims, str]:
        """Form, claims and hash."""
        if "." not in token:
            opaque = await self._opaque_tokens.find(tenant.tenant_id, token)
            if opaque is None:
                raise InvalidToken("token.opaque")
            return OPAQUE, Claims(opaque.claims), opaque.token_hash
        jwt = parse_access_token(token)
        if jwt.typ not in TYPES:
            raise InvalidToken("token.typ", typ=start_of(jwt.typ or ""), expected=sorted(TYPES))
        key = await self._ring.verification_key(tenant.tenant_id, jwt.kid) if jwt.kid else None
        if key is None:
            raise InvalidToken("token.kid", kid=start_of(jwt.kid or ""))
        claims = verify(jwt, key.key, key.alg)
        return JWT, claims, jwt_hash(jwt.signing_input)

    async def _check_issuer(self, tenant: Tenant, claims: Claims) -> None:
        """Ours is what any of the tenant's issuers issued: a custom domain's token counts by all the tenant's hosts."""
        if (issuer := claims.string("iss")) != tenant.issuer and issuer not in await self._hosts.issuers(tenant):
            raise InvalidToken("token.iss", expected=tenant.issuer)

    def _alive(self, claims: Claims, form: str, token_hash: str) -> IssuedAccessToken:
        expires_at_ms = _check_times(claims, self._clock.now_ms())
        client_id = claims.string("azp") or claims.string("client_id")
        if client_id is None:
            raise InvalidToken("token.client")
        named = claims.audience()
        return IssuedAccessToken(
            claims=claims.members,
            client_id=client_id,
            grant_id=claims.string("grant_id"),
            audiences=(named,) if isinstance(named, str) else named or (),
            scopes=frozenset((claims.string("scope") or "").split()),
            subject=claims.string("sub") or "",
            issued_at_ms=claims.numeric_date_ms("iat"),
            expires_at_ms=expires_at_ms,
            confirmation=_confirmation(claims),
            token_hash=token_hash,
            form=form,
        )

    async def _is_revoked(self, tenant_id: str, token: IssuedAccessToken) -> bool:
        """A person's token ends with its family, an opaque one with its record: of others there is more to ask."""
        if token.form != JWT or token.grant_id is not None:
            return False
        return await self._revocations.is_revoked(tenant_id, token.token_hash)

    async def _person(self, tenant: Tenant, grant_id: str) -> Person:
        family = await self._live.get(TokenFamily, tenant.tenant_id, grant_id)
        if family is None or family.withdrawn_at_ms is not None:
            because = family.withdrawn_because if family is not None else None
            raise InvalidToken("token.withdrawn", grant_id=grant_id, because=because)
        user = await self._live.get(User, tenant.tenant_id, family.user_id)
        if user is None or user.blocked:
            raise InvalidToken("token.user", user_id=family.user_id, is_blocked=user is not None)
        return Person(user, family)


def _check_times(claims: Claims, now_ms: int) -> int:
    """When the token ends, in ms since the epoch; raises InvalidToken for one that is over or has not begun."""
    expires_at_ms = claims.numeric_date_ms("exp")
    if expires_at_ms is None or expires_at_ms <= now_ms:
        past_s = None if expires_at_ms is None else (now_ms - expires_at_ms) // 1000
        raise InvalidToken("token.exp", "Expired token received for JSON Web Token validation", seconds_past=past_s)
    # attacks.md 43, CVE-2026-8922: none of ours has it, and one that has it means it.
    not_before_ms = claims.numeric_date_ms("nbf")
    if not_before_ms is not None and now_ms < not_before_ms:
        raise InvalidToken("token.nbf", seconds_ahead=(not_before_ms - now_ms) // 1000)
    return expires_at_ms


def _confirmation(claims: Claims) -> Mapping[str, Any] | None:
    """RFC 7800 3.1: an object. What is anything else was meant to bind, so it is no unbound token."""
    if "cnf" not in claims.members:
        return None
    confirmation = claims.members["cnf"]
    if not isinstance(confirmation, dict):
        raise InvalidToken("token.cnf")
    return confirmation


def _members(issued: IssuedAccessToken) -> dict[str, Any]:
    return {name: getattr(issued, name) for name in IssuedAccessToken.__struct_fields__}
