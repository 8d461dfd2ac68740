"""The table of the protocol's URLs. The gate routes by it, and discovery publishes what stands in it."""

from __future__ import annotations

import msgspec

from ..tokens.status_places import STATUS_LISTS_PATH
from ..tokens.userinfo_api import USERINFO_PATH


class PublicUrl(msgspec.Struct, frozen=True, kw_only=True):
    """One URL of the protocol."""

    path: str
    metadata_name: str | None = None
    """Its name in the discovery document (RFC 8414 2); None when it is found by other means."""
    has_mtls_alias: bool = False
    """Whether it is published under ``mtls_endpoint_aliases`` too (RFC 8705 5)."""


AUTHORIZE = PublicUrl(path="authorize", metadata_name="authorization_endpoint")
TOKEN = PublicUrl(path="oauth/token", metadata_name="token_endpoint", has_mtls_alias=True)
PAR = PublicUrl(path="oauth/par", metadata_name="pushed_authorization_request_endpoint", has_mtls_alias=True)
USERINFO = PublicUrl(path=USERINFO_PATH, metadata_name="userinfo_endpoint", has_mtls_alias=True)
REVOKE = PublicUrl(path="oauth/revoke", metadata_name="revocation_endpoint", has_mtls_alias=True)
INTROSPECT = PublicUrl(path="oauth/introspect", metadata_name="introspection_endpoint", has_mtls_alias=True)
STATUS_LISTS = PublicUrl(path=STATUS_LISTS_PATH, metadata_name="status_list_aggregation_endpoint")
"""Its own document names all lists; each is found below it (draft-ietf-oauth-status-list 9.1)."""
END_SESSION = PublicUrl(path="oidc/logout", metadata_name="end_session_endpoint")
JWKS = PublicUrl(path=".well-known/jwks.json", metadata_name="jwks_uri")
OPENID_CONFIGURATION = PublicUrl(path=".well-known/openid-configuration")
OAUTH_AUTHORIZATION_SERVER = PublicUrl(path=".well-known/oauth-authorization-server")

PUBLIC_URLS = (
    *(AUTHORIZE, PAR, TOKEN, USERINFO, REVOKE, INTROSPECT, STATUS_LISTS, END_SESSION),
    *(JWKS, OPENID_CONFIGURATION, OAUTH_AUTHORIZATION_SERVER),
)
