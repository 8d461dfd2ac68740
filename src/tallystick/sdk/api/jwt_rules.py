"""What is asked of an access token that is a JWT, as a table (RFC 9068 4, RFC 8725, Auth0's dialect).

Cheap rules come first, so that nobody makes us fetch keys for a token that could not pass anyhow. Claims are read
twice, before and after the signature, by the same rules: what is returned in the end is what was signed.
"""

from __future__ import annotations

import msgspec

from ...jose.claims import UnverifiedClaims, VerifiedClaims
from ...jose.jwt import UnverifiedJwt
from ...jose.refusals import JwtRefused
from ...rules import Rule

TYPES = frozenset({"at+jwt", "jwt"})
"""RFC 9068 2.1, and Auth0's. Never ``dpop+jwt``, ``logout+jwt``, ``oauth-authz-req+jwt``, or what will be invented."""
AHEAD_MS_MAX = 60_000
"""How far the server's clock may be ahead of ours."""
NOT_OF_ACCESS_TOKENS = frozenset(
    {
        *("nonce", "at_hash", "c_hash", "s_hash"),  # ID tokens (OpenID Connect Core 2, 3.3.2.11; FAPI 1)
        *("events",),  # logout tokens (Back-Channel Logout 2.4) and other security events
        *("htm", "htu", "ath"),  # DPoP proofs (RFC 9449 4.2)
        *("response_type", "redirect_uri", "code_challenge"),  # request objects (RFC 9101 4)
        *("code", "state", "token_introspection", "status_list"),  # JARM, RFC 9701 5, status list tokens
    }
)
"""Claims that say that a JWT is something else (RFC 8725 3.12): ``typ`` is ``JWT`` for too many things to tell."""


CLIENT_CLAIMS = ("client_id", "azp", "cid", "appid")
"""RFC 9068 2.2; Auth0 and Keycloak; Okta; Entra ID."""


class Demands(msgspec.Struct, frozen=True, kw_only=True):
    """What an API wants its tokens to be."""

    issuer: str
    audience: str
    algorithms: frozenset[str]
    """Canonical names."""
    types: frozenset[str] = TYPES
    """Lower case, without ``application/``; with an empty one also tokens that name no ``typ``."""


class TokenWalk(msgspec.Struct, kw_only=True):
    """One token on its way through the rules."""

    demands: Demands
    jwt: UnverifiedJwt
    claims: UnverifiedClaims | VerifiedClaims
    now_ms: int


def _check_type(walk: TokenWalk) -> None:
    if (walk.jwt.typ or "") not in walk.demands.types:
        raise JwtRefused("The token is of another type.", check="jwt.typ", typ=(walk.jwt.typ or "")[:32])


def _check_alg(walk: TokenWalk) -> None:
    if walk.jwt.alg not in walk.demands.algorithms:
        raise JwtRefused("The token's algorithm is not acceptable.", check="jwt.alg", alg=walk.jwt.alg)


def _check_issuer(walk: TokenWalk) -> None:
    if walk.claims.string("iss") != walk.demands.issuer:
        raise _refused("iss", expected=walk.demands.issuer, came=_came(walk, "iss"))


def _check_audience(walk: TokenWalk) -> None:
    if walk.demands.audience not in audiences_of(walk.claims):
        raise _refused("aud", expected=walk.demands.audience, came=_came(walk, "aud"))


def _check_kind(walk: TokenWalk) -> None:
    found = NOT_OF_ACCESS_TOKENS.intersection(walk.claims.members)
    if found:
        raise JwtRefused("The token is something else.", check="jwt.kind", members=sorted(found))


def _check_client(walk: TokenWalk) -> None:
    """RFC 9068 2.2 demands it. Under ``JWT`` an ID token for an application by the name of this API ends here too."""
    client_id = client_of(walk.claims)
    if client_id is None or (walk.jwt.typ != "at+jwt" and client_id == walk.demands.audience):
        raise JwtRefused("The token is not one for an API.", check="jwt.client", is_missing=client_id is None)


def _check_expiry(walk: TokenWalk) -> None:
    expires_at_ms = walk.claims.numeric_date_ms("exp")
    if expires_at_ms is None or expires_at_ms <= walk.now_ms:
        raise _refused("exp", is_missing=expires_at_ms is None)


def _check_begin(walk: TokenWalk) -> None:
    for name in ("nbf", "iat"):
        moment_ms = walk.claims.numeric_date_ms(name)
        if moment_ms is not None and moment_ms > walk.now_ms + AHEAD_MS_MAX:
            raise _refused(name, seconds_ahead=(moment_ms - walk.now_ms) // 1000)


def _check_members(walk: TokenWalk) -> None:
    """Of the right type where they are there: what cannot be read is not taken for absent (attacks.md 46)."""
    claims = walk.claims
    for name in ("sub", *CLIENT_CLAIMS, "jti", "acr"):
        claims.string(name)
    claims.numeric_date_ms("auth_time")
    scope_of(claims)
    permissions_of(claims)
    cnf = claims.members.get("cnf")
    if "cnf" in claims.members and not isinstance(cnf, dict):
        raise _refused("cnf")


def _came(walk: TokenWalk, name: str) -> str:
    """A claim as it came, for the log: unverified, so bounded."""
    return str(walk.claims.members.get(name))[:200]


def client_of(claims: UnverifiedClaims | VerifiedClaims) -> str | None:
    """The application it was issued to, as one or another server names it; raises JwtRefused."""
    return next((found for name in CLIENT_CLAIMS if (found := claims.string(name)) is not None), None)


def audiences_of(claims: UnverifiedClaims | VerifiedClaims) -> tuple[str, ...]:
    """``aud`` as a tuple, empty where it is absent; raises JwtRefused."""
    named = claims.audience()
    return named if isinstance(named, tuple) else () if named is None else (named,)


def scope_of(claims: UnverifiedClaims | VerifiedClaims) -> frozenset[str]:
    """``scope``, by blanks (RFC 8693 4.2); some servers send ``scp`` as a list. Raises JwtRefused."""
    members = claims.members
    name = "scope" if "scope" in members else "scp"
    value = members.get(name)
    if isinstance(value, list) and name == "scp":
        return _strings(name, value)
    if value == "":
        return frozenset()
    return frozenset((claims.string(name) or "").split(" ")) - {""}


def permissions_of(claims: UnverifiedClaims | VerifiedClaims) -> frozenset[str]:
    """``permissions`` (auth0.md 6.2); raises JwtRefused."""
    value = claims.members.get("permissions")
    if value is None and "permissions" not in claims.members:
        return frozenset()
    return _strings("permissions", value)


def _strings(name: str, value: object) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _refused(name)
    return frozenset(value)


def _refused(name: str, **evidence: object) -> JwtRefused:
    return JwtRefused("A claim of the token is not acceptable.", check=f"jwt.claim.{name}", **evidence)


HEADER_RULES: tuple[Rule[TokenWalk], ...] = (
    Rule(name="typ", demands="typ is one that access tokens have", clause="RFC 9068 4", check=_check_type),
    Rule(name="alg", demands="alg is one that this API takes", clause="RFC 8725 3.1", check=_check_alg),
)
CLAIM_RULES: tuple[Rule[TokenWalk], ...] = (
    Rule(name="iss", demands="iss is the server, by the letter", clause="RFC 9068 4", check=_check_issuer),
    Rule(name="aud", demands="aud names this API, by the letter", clause="RFC 9068 4", check=_check_audience),
    Rule(name="kind", demands="no claim says that it is something else", clause="RFC 8725 3.12", check=_check_kind),
    Rule(
        name="client",
        demands="it names a client that is not this API",
        clause="RFC 9068 2.2",
        check=_check_client,
    ),
    Rule(name="exp", demands="exp is there and still to come", clause="RFC 9068 4", check=_check_expiry),
    Rule(name="begin", demands="nbf and iat are not to come", clause="RFC 7519 4.1.5", check=_check_begin),
    Rule(name="members", demands="what is there has its type", clause="RFC 9068 2.2", check=_check_members),
)
