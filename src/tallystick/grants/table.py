"""The table of grants. Discovery, registration and the token endpoint read it."""

from __future__ import annotations

from ..clientauth.authenticate import AuthenticatedClient
from ..errors import OAuthError
from ..events import EventType
from . import authorization_code, client_credentials, refresh_token
from .grant import GrantType

GRANTS = {
    grant.name: grant
    for grant in (
        GrantType(name="client_credentials", decide=client_credentials.decide, needs_confidential_client=True),
        GrantType(
            name="authorization_code",
            decide=authorization_code.decide,
            needs_confidential_client=False,
            succeeded=EventType.CODE_EXCHANGED,
            failed=EventType.CODE_REFUSED,
        ),
        GrantType(
            name="refresh_token",
            decide=refresh_token.decide,
            needs_confidential_client=False,
            succeeded=EventType.REFRESH_SUCCEEDED,
            failed=EventType.REFRESH_FAILED,
        ),
    )
}
"""``grant_type`` → grant."""


def allowed_grant(grant_type: str | None, authenticated: AuthenticatedClient) -> GrantType:
    """The grant that was asked for, if it exists and this client may use it (RFC 6749 5.2)."""
    if grant_type is None:
        raise OAuthError("invalid_request", "Missing required parameter: grant_type", check="grant.missing")
    grant = GRANTS.get(grant_type)
    if grant is None:
        raise OAuthError(
            "unsupported_grant_type", "Unsupported grant type.", check="grant.known", grant_type=grant_type[:64]
        )
    if grant.name not in authenticated.client.grant_types:
        raise OAuthError("unauthorized_client", "Grant type not allowed for the client.", check="grant.allowed")
    # RFC 6749 4.4: MUST only be used by confidential clients.
    if grant.needs_confidential_client and not authenticated.is_confidential:
        raise OAuthError("unauthorized_client", "Grant type not allowed for the client.", check="grant.confidential")
    return grant
