"""What every grant in a person's name asks anew, at the moment of redemption (attacks.md 44)."""

from __future__ import annotations

from ..apis.resource_servers import ResourceServer
from ..errors import OAuthError
from ..tokens.person_claims import OFFLINE_ACCESS, OPENID_SCOPES
from ..users.user import User
from .grant import GrantRequest


def refused(check: str, description: str, **evidence: object) -> OAuthError:
    """RFC 6749 5.2: the code or refresh token is not good; the log says why."""
    return OAuthError("invalid_grant", description, check=check, **evidence)


async def living_user(request: GrantRequest, user_id: str, check: str, description: str) -> User:
    """The person, if the account is there and not blocked."""
    user = await request.people.live.get(User, request.tenant.tenant_id, user_id)
    if user is None or user.blocked:
        raise refused(check, description, user_id=user_id, is_blocked=user is not None)
    return user


async def target(
    request: GrantRequest, audience: str | None, granted: list[str], check: str, description: str
) -> tuple[ResourceServer | None, tuple[str, ...]]:
    """The API and what of the granted scopes it still gives this client in people's names.

    ``subject_type_authorization`` of the API may have changed, or the client's grant for people's tokens.
    """
    if audience is None:
        return None, _without_offline(request, granted, allowed=True)
    tenant_id, client_id = request.tenant.tenant_id, request.authenticated.client.client_id
    api = await request.apis.resource_server(tenant_id, audience)
    if api is None:
        raise refused(check, description, audience=audience)
    scopes = _without_offline(request, granted, allowed=api.allows_offline_access)
    policy = ((api.metadata.get("subject_type_authorization") or {}).get("user") or {}).get("policy", "allow_all")
    if policy == "allow_all":
        return api, scopes
    grant = await request.apis.grant(tenant_id, client_id, audience, "user")
    if grant is None:  # also where the policy is deny_all
        raise refused(check, description, audience=audience, policy=policy)
    return api, tuple(scope for scope in scopes if scope in OPENID_SCOPES or scope in grant.scope)


def _without_offline(request: GrantRequest, scopes: list[str], *, allowed: bool) -> tuple[str, ...]:
    may_refresh = allowed and "refresh_token" in request.authenticated.client.grant_types
    return tuple(scope for scope in scopes if scope != OFFLINE_ACCESS or may_refresh)
