"""Details at the token endpoint (RFC 9396 6): what counts today of what was granted, and the part that is asked for."""

from __future__ import annotations

from ..apis.client_grants import ClientGrant
from ..apis.resource_servers import ResourceServer
from ..authorization.authorization_details import (
    PARAMETER,
    check_contents,
    check_locations,
    check_types,
    narrowed,
    read_details,
    refusing,
)
from ..records import Json
from .grant import GrantRequest


async def details_in_force(
    request: GrantRequest, api: ResourceServer | None, granted: list[Json] | None
) -> list[Json] | None:
    """Of what a person allowed what the API still knows by its type, and a grant for people still lists; else None.

    As with scopes, what is no longer there falls away, and the answer says what is left (RFC 9396 7).
    """
    if granted is None or api is None:
        return None
    types = frozenset(api.detail_types)
    if api.needs_user_grant:
        tenant_id, client_id = request.tenant.tenant_id, request.authenticated.client.client_id
        grant = await request.apis.grant(tenant_id, client_id, api.identifier, "user")
        types &= frozenset(grant.detail_types if grant is not None else ())
    return [detail for detail in granted if detail["type"] in types] or None


def asked_details(request: GrantRequest, granted: list[Json] | None, check: str) -> list[Json] | None:
    """All that was granted, or the part that the parameter names (RFC 9396 6.1). Raises OAuthError."""
    sent = request.parameters.get(PARAMETER)
    if sent is None:
        return granted
    with refusing(check):
        return narrowed(read_details(sent), granted or [])


async def own_details(request: GrantRequest, api: ResourceServer, grant: ClientGrant) -> list[Json] | None:
    """What a client asks for itself, of the types that its grant lists (auth0.md 4.4). Raises OAuthError."""
    sent = request.parameters.get(PARAMETER)
    if sent is None:
        return None
    types = await request.apis.detail_types(api)
    with refusing("client_credentials.authorization_details"):
        details = read_details(sent)
        check_types(details, types.keys() & frozenset(grant.detail_types))
        check_contents(details, types)
        check_locations(details, api.identifier)
    return details
