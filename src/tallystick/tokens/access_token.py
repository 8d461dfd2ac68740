"""What an access token says, in each dialect (auth0.md 6.2, RFC 9068). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ..apis.detail_types import types_named
from ..apis.resource_servers import ResourceServer
from ..records import Json
from ..sender.binding import Binding
from ..tenants.tenant import Tenant
from .status_places import StatusPlace


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """One way to write an access token."""

    typ: str
    client_claim: str
    has_jti: bool
    has_gty: bool
    has_permissions: bool


_AUTH0 = {"typ": "JWT", "client_claim": "azp", "has_jti": False, "has_gty": True}
_RFC9068 = {"typ": "at+jwt", "client_claim": "client_id", "has_jti": True, "has_gty": False}

DIALECTS = {
    "access_token": Dialect(**_AUTH0, has_permissions=False),  # type: ignore[arg-type]  # one table, two spellings
    "access_token_authz": Dialect(**_AUTH0, has_permissions=True),  # type: ignore[arg-type]
    "rfc9068_profile": Dialect(**_RFC9068, has_permissions=False),  # type: ignore[arg-type]
    "opaque": Dialect(**_RFC9068, has_permissions=False),  # type: ignore[arg-type]
    "rfc9068_profile_authz": Dialect(**_RFC9068, has_permissions=True),  # type: ignore[arg-type]
}
"""``token_dialect`` of the resource server → how its tokens are written."""


class AccessTokenOrder(msgspec.Struct, frozen=True, kw_only=True):
    """All that decides what a token says."""

    tenant: Tenant
    resource_server: ResourceServer
    client_id: str
    subject: str
    scopes: tuple[str, ...]
    gty: str
    """Empty for a code: Auth0's tokens of that grant do not name it."""
    binding: Binding | None
    now_ms: int
    jti: str
    userinfo_url: str | None = None
    """A second audience: where ``openid`` was granted beside the scopes of an API (auth0.md 6.2)."""
    grant_id: str | None = None
    """The family of a person's token: withdrawn, it takes the token with it wherever we are asked."""
    permissions: tuple[str, ...] | None = None
    """What a person may do at the API; None where the scopes say it."""
    authorization_details: list[Json] | None = None
    """What was granted in detail (RFC 9396 9.1)."""
    transaction_linking_id: str | None = None
    auth_time_ms: int | None = None
    """When the person signed in; None in an application's own name. With ``acr`` and ``amr`` what an API looks at that
    asks for step-up (RFC 9470 5)."""
    acr: str | None = None
    amr: Sequence[str] = ()
    place: StatusPlace | None = None
    """Where its status is published: of a person's token the place of its family."""
    is_web: bool = False
    """Whether it goes to an application in a browser: the API may want such tokens to be shorter-lived."""

    @property
    def lifetime_s(self) -> int:
        """How long the token lives, in seconds."""
        api = self.resource_server
        return api.token_lifetime_for_web_s if self.is_web else api.token_lifetime_s


def access_token_claims(order: AccessTokenOrder) -> dict[str, Any]:
    """The claims, in a stable order."""
    dialect = DIALECTS[order.resource_server.token_dialect]
    issued_at_s = order.now_ms // 1000
    claims: dict[str, Any] = {
        "iss": order.tenant.issuer,
        "sub": order.subject,
        "aud": _audience(order),
        "iat": issued_at_s,
        "exp": issued_at_s + order.lifetime_s,
        dialect.client_claim: order.client_id,
    }
    if order.scopes:
        claims["scope"] = " ".join(order.scopes)
    if dialect.has_jti:
        claims["jti"] = order.jti
    if dialect.has_gty and order.gty:
        claims["gty"] = order.gty
    if dialect.has_permissions and order.resource_server.metadata.get("enforce_policies"):
        claims["permissions"] = list(order.scopes if order.permissions is None else order.permissions)
    if order.authorization_details is not None:
        claims["authorization_details"] = order.authorization_details
    if order.transaction_linking_id is not None:
        claims["transaction_linking_id"] = order.transaction_linking_id
    if order.auth_time_ms is not None:
        claims |= _sign_in(order, order.auth_time_ms)
    if order.grant_id is not None:
        claims["grant_id"] = order.grant_id
    if order.place is not None:
        claims["status"] = order.place.claim(order.tenant)
    if order.binding is not None:
        claims["cnf"] = order.binding.confirmation
    return claims


def _sign_in(order: AccessTokenOrder, auth_time_ms: int) -> Json:
    """RFC 9068 2.2.1: when and how the person signed in, the same in every token that comes of the authorization."""
    facts: Json = {"auth_time": auth_time_ms // 1000}
    if order.acr is not None:
        facts["acr"] = order.acr
    if order.amr:
        facts["amr"] = list(order.amr)
    return facts


def _audience(order: AccessTokenOrder) -> str | list[str]:
    identifier = order.resource_server.identifier
    return identifier if order.userinfo_url is None else [identifier, order.userinfo_url]


def told_details(details: list[Json] | None, api: ResourceServer | None) -> Json:
    """The member of the token answer (RFC 9396 7): what the token says in detail, as far as its client may read it.

    Where the API encrypts its tokens it keeps their contents from the client, so the answer keeps to the types
    (auth0.md 5.2).
    """
    if details is None:
        return {}
    is_told = api is None or not api.encrypts_tokens
    return {"authorization_details": details if is_told else types_named(details)}
