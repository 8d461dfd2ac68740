"""``client_credentials`` (RFC 6749 4.4): the application acts for itself.

1. the API: named by ``audience``, or by ``resource`` where the tenant takes RFC 8707's name for it
2. the grant that an administrator gave this client for that API
3. the scopes: all that the grant and the API share, or the part of it that was asked for
4. the details that were asked for, of the types that the grant lists; none by themselves
"""

from __future__ import annotations

import re

from ..apis.client_grants import ClientGrant
from ..apis.resource_servers import ResourceServer
from ..errors import OAuthError
from ..tenants.settings import setting
from .authorization_details import own_details
from .grant import Granted, GrantRequest

AUDIENCE = re.compile(r"[^\x00-\x1f\x7f]{1,600}")
"""The identifiers that can be registered (auth0.md 4.5)."""
_MANAGEMENT_AUDIENCE = re.compile(r"https?://(?P<host>[^/?#@\s]+)/api/v2/")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*")
"""RFC 6749 3.3."""


async def decide(request: GrantRequest) -> Granted:
    """What this client gets for itself; raises OAuthError."""
    if "organization" in request.parameters:
        raise OAuthError("invalid_request", "Organizations are not supported.", check="client_credentials.organization")
    resource_server = await _resource_server(request)  # 1
    grant = await _client_grant(request, resource_server)  # 2
    return Granted(
        resource_server=resource_server,
        scopes=_scopes(request.parameters.get("scope"), grant),  # 3
        authorization_details=await own_details(request, resource_server, grant),  # 4
        subject=f"{request.authenticated.client.client_id}@clients",
        gty="client-credentials",
    )


async def _resource_server(request: GrantRequest) -> ResourceServer:
    audience = _audience(request)
    if not AUDIENCE.fullmatch(audience):
        raise _not_available(request, audience, "client_credentials.audience_form")
    tenant = request.tenant
    found = await request.apis.resource_server(tenant.tenant_id, audience)
    # SDKs build the Management API's audience from the host they were given, which may be another of the tenant's.
    if found is None and (own := _MANAGEMENT_AUDIENCE.fullmatch(audience)):
        host_tenant = await request.hosts.tenant_of(own["host"])
        if host_tenant is not None and host_tenant.tenant_id == tenant.tenant_id:
            found = await request.apis.resource_server(tenant.tenant_id, tenant.canonical.url("api/v2/"))
    if found is None:
        raise _not_available(request, audience, "client_credentials.audience_unknown")
    return found


def _audience(request: GrantRequest) -> str:
    parameters = request.parameters
    audience = parameters.get("audience")
    if audience is None and setting(request.tenant, "resource_parameter_profile") == "compatibility":
        audience = parameters.get("resource")
    audience = audience or setting(request.tenant, "default_audience")
    if not audience:
        raise OAuthError(
            "invalid_request", "Missing required parameter: audience", check="client_credentials.audience_missing"
        )
    return str(audience)


async def _client_grant(request: GrantRequest, resource_server: ResourceServer) -> ClientGrant:
    grant = await request.apis.grant(
        request.tenant.tenant_id, request.authenticated.client.client_id, resource_server.identifier
    )
    if grant is None:
        raise _not_available(request, resource_server.identifier, "client_credentials.client_grant")
    return grant


def _scopes(asked: str | None, grant: ClientGrant) -> tuple[str, ...]:
    """The scopes of the token. More than was granted is refused, never silently dropped."""
    granted = tuple(grant.scope)
    if asked is None:
        return granted
    if not _SCOPE.fullmatch(asked):
        raise OAuthError("invalid_scope", "The scope parameter is malformed.", check="client_credentials.scope_form")
    wanted = frozenset(asked.split(" "))
    if not wanted.issubset(granted):
        raise OAuthError(
            "invalid_scope",
            "Client has not been granted all of the requested scopes.",
            check="client_credentials.scope",
            not_granted=sorted(wanted.difference(granted))[:20],
        )
    return tuple(scope for scope in granted if scope in wanted)


def _not_available(request: GrantRequest, audience: str, check: str) -> OAuthError:
    """RFC 8707 2. One answer for an API that does not exist and one this client has no grant for."""
    return OAuthError(
        "invalid_target",
        "The client is not authorized to access this audience. A client grant for it is needed.",
        check=check,
        audience=audience[:600],
        client_id=request.authenticated.client.client_id,
    )
