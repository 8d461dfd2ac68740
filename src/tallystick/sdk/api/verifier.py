"""The verifier: from the text of a token to what it says, whether it is a JWT or a name that the server has to explain.

    JWE          opened with the API's key, then as below                  `server_keys.Decryption`
    JWT          `jwt_rules` → the server's key → signature → `jwt_rules` again → `status_lists`
    other        `introspection`, where the API has told how

How the request *showed* the token is not asked here: `protected_resource` does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from ...jose import jwe, jwt
from ...jose.algorithms import ALGORITHMS, canonical_alg
from ...jose.claims import UnverifiedClaims, VerifiedClaims
from ...jose.refusals import JwtRefused
from ...rules import Rule
from ..clock import Clock, wall_clock_ms
from ..server_keys import Decryption
from .access_token import AccessToken
from .authorization_server import AuthorizationServer
from .fetching import Fetch, UrllibFetch, checked_url
from .introspection import Introspection, Introspector
from .jwt_rules import (
    CLAIM_RULES,
    HEADER_RULES,
    TYPES,
    Demands,
    TokenWalk,
    audiences_of,
    client_of,
    permissions_of,
    scope_of,
)
from .refusals import FetchFailed, TokenRefused
from .status_lists import StatusLists, verified_by

TOKEN_BYTES_MAX = jwt.ACCESS_TOKEN_BYTES_MAX
"""More than any header field that servers let through."""


def _is_url(issuer: str) -> bool:
    try:
        return bool(checked_url(issuer))
    except FetchFailed:
        return False


class TokenVerifier:
    """Verifies access tokens of one issuer for one audience.

    ``algorithms``: names that tokens may be signed with; all of `jose.algorithms` unless said otherwise, so never HMAC
    or ``none``. ``types``: see `jwt_rules.Demands`. ``introspection``: how to ask about tokens that are no JWTs,
    without which they are refused; ``introspects_jwts`` asks about JWTs too, after all else held.
    ``reads_status_lists``: whether a token that names a place in one is looked up. Raises ValueError for settings that
    make no sense.
    """

    def __init__(
        self,
        audience: str,
        *,
        issuer: str,
        fetch: Fetch | None = None,
        introspection: Introspection | None = None,
        introspects_jwts: bool = False,
        reads_status_lists: bool = True,
        algorithms: Collection[str] = tuple(ALGORITHMS),
        types: Collection[str] = TYPES,
        decryption: Decryption | None = None,
        jwks_uri: str | None = None,
        introspection_endpoint: str | None = None,
        clock: Clock = wall_clock_ms,
    ) -> None:
        names = {canonical_alg(name) for name in algorithms}
        given = {
            "audience": audience,
            "issuer": issuer,
            "algorithms": names and None not in names,
            "types": types and not isinstance(types, str),
        }
        if nothing := [name for name, something in given.items() if not something]:
            raise ValueError(f"{' and '.join(nothing)} must name something that there is")
        if jwks_uri is None and not _is_url(issuer):
            raise ValueError(f"an issuer is an https URL, not {issuer[:200]!r}")
        if introspects_jwts and introspection is None:
            raise ValueError("introspects_jwts needs introspection")
        self.demands = Demands(
            issuer=issuer,
            audience=audience,
            algorithms=frozenset(name for name in names if name is not None),
            types=frozenset(name.lower().removeprefix("application/") for name in types),
        )
        self.clock = clock
        self._server = AuthorizationServer(
            issuer,
            fetch or UrllibFetch(),
            clock,
            jwks_uri=jwks_uri,
            introspection_endpoint=introspection_endpoint,
        )
        self.introspects = introspection is not None
        """Whether it asks its server about tokens that do not say whose they are."""
        self._introspector = Introspector(self._server, introspection, audience, clock) if introspection else None
        self._introspector_of_jwts = self._introspector if introspects_jwts else None
        self._status_lists = StatusLists(self._server, clock) if reads_status_lists else None
        self.decryption = decryption
        """The key that opens its encrypted tokens, and how."""

    @property
    def audience(self) -> str:
        """The API whose tokens it takes."""
        return self.demands.audience

    @property
    def issuers(self) -> tuple[str, ...]:
        """Whose tokens it takes."""
        return (self.demands.issuer,)

    async def verify(self, token: str) -> AccessToken:
        """What a bearer token says; raises :class:`TokenRefused` and :class:`NotDecided`.

        A bound one is refused: it is worth nothing without the request that proves possession, which
        `ProtectedResource.admit` sees and this does not.
        """
        return unbound(await self.verify_without_possession(token))

    async def verify_without_possession(self, token: str) -> AccessToken:
        """What a token says, bound or not, though a thief may show it; for who checks ``confirmation`` elsewhere.

        Raises :class:`TokenRefused` and :class:`NotDecided`.
        """
        return await self.verify_opened(self.opened(token))

    def opened(self, token: str) -> str:
        """The signed token in an encrypted one, or the token as it is. Raises :class:`TokenRefused`."""
        if not token.isascii() or len(token) > TOKEN_BYTES_MAX:
            raise TokenRefused("token.size", size_bytes=len(token))
        if not jwe.is_jwe(token):
            return token
        if self.decryption is None:
            raise TokenRefused("token.encrypted")
        try:
            parsed = jwe.parse(token, size_bytes_max=TOKEN_BYTES_MAX)
            inner = jwe.decrypt(parsed, self.decryption.key, self.decryption.alg).decode("latin-1")
        except JwtRefused as refusal:
            raise TokenRefused(refusal.check, **refusal.evidence) from None
        if not is_jwt(inner):  # attacks.md 33: what is only encrypted is from anybody
            raise TokenRefused("token.unsigned")
        return inner

    async def verify_opened(self, token: str, parsed: jwt.UnverifiedJwt | None = None) -> AccessToken:
        """As `verify_without_possession`, of what `opened` returned; ``parsed`` by who has taken it apart already."""
        try:
            if not is_jwt(token):
                return await self._by_introspection(token)
            return await self._by_signature(token, parsed or jwt.parse_access_token(token))
        except JwtRefused as refusal:
            raise TokenRefused(refusal.check, **refusal.evidence) from None

    async def _by_signature(self, token: str, parsed: jwt.UnverifiedJwt) -> AccessToken:
        self._walk((*HEADER_RULES, *CLAIM_RULES), parsed, parsed.claims)
        claims = await verified_by(self._server, parsed)
        self._walk(CLAIM_RULES, parsed, claims)
        if self._status_lists is not None:
            await self._status_lists.check(claims)
        if self._introspector_of_jwts is not None:
            await self._introspector_of_jwts.claims(token)
        return self._access_token(claims)

    async def _by_introspection(self, token: str) -> AccessToken:
        if self._introspector is None:
            raise TokenRefused("token.opaque")
        return self._access_token(UnverifiedClaims(await self._introspector.claims(token)))

    def _walk(
        self, rules: Iterable[Rule[TokenWalk]], parsed: jwt.UnverifiedJwt, claims: UnverifiedClaims | VerifiedClaims
    ) -> None:
        walk = TokenWalk(demands=self.demands, jwt=parsed, claims=claims, now_ms=self.clock())
        for rule in rules:
            rule.check(walk)

    def _access_token(self, claims: UnverifiedClaims | VerifiedClaims) -> AccessToken:
        members: dict[str, Any] = claims.members
        return AccessToken(
            issuer=self.demands.issuer,
            subject=claims.string("sub"),
            client_id=client_of(claims),
            audiences=audiences_of(claims),
            scopes=scope_of(claims),
            permissions=permissions_of(claims),
            claims=members,
            expires_at_ms=claims.numeric_date_ms("exp"),
            verified_at_ms=self.clock(),
        )


def unbound(token: AccessToken) -> AccessToken:
    """Itself, if whoever has it may show it; raises :class:`TokenRefused` for one that is bound."""
    if "cnf" in token.claims:
        raise TokenRefused("possession.not_asked", bound_by=sorted(token.claims["cnf"])[:4])
    return token


def is_jwt(token: str) -> bool:
    """Whether it is a signed JWT rather than a name: three parts, the first of which begins as a JSON object does."""
    return token.count(".") == 2 and token.startswith("ey")
