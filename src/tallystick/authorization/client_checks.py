"""Rows about the client and its redirect URI. What they refuse is an error page, never a redirect: RFC 6749 4.1.2.1."""

from __future__ import annotations

from .redirect_uri import proven_redirect_uri, registered_redirect_uris
from .refusal import refuse
from .walk import Walk


def client_known(walk: Walk) -> None:
    """RFC 6749 4.1.1: ``client_id`` is required, and must be one of ours."""
    if walk.known.registered is None:
        raise refuse("invalid_request", "Unknown application: check client_id.", check="authorize.client_known")


def client_usable(walk: Walk) -> None:
    """The tenant's global client stands for the tenant itself, and one that stands for an API signs nobody in."""
    client = walk.client
    if client.is_global or client.app_type == "resource_server":
        raise refuse("unauthorized_client", "This application signs nobody in.", check="authorize.client_usable")


def redirect_uri_unambiguous(walk: Walk) -> None:
    """RFC 6749 3.1.2.3: it may be left out where exactly one is registered; OpenID Connect wants it among several."""
    if walk.sent("redirect_uri") is None and len(registered_redirect_uris(walk.client)) > 1:
        raise refuse(
            "invalid_request", "Missing required parameter: redirect_uri", check="authorize.redirect_uri_unambiguous"
        )


def redirect_uri_named(walk: Walk) -> None:
    """FAPI 1 Baseline 5.2.2, FAPI 2 Security Profile 5.3.2.2: named in the request, though one alone is registered."""
    if walk.profile.requires_redirect_uri and walk.sent("redirect_uri") is None:
        raise refuse(
            "invalid_request", "Missing required parameter: redirect_uri", check="authorize.redirect_uri_named"
        )


def redirect_uri_secure(walk: Walk) -> None:
    """FAPI 1 Baseline 5.2.2 (20), FAPI 2 Security Profile 5.3.2.2: https, though another was registered before that was
    demanded. Asked before the way out is open: nothing goes there, no error either."""
    if not walk.profile.requires_https_callbacks:
        return  # What is registered is looked up once, by the next row.
    proven = proven_redirect_uri(walk.client, walk.parameters)
    if proven is not None and not walk.profile.allows_callback(proven):
        raise refuse(
            "invalid_request",
            "The redirect_uri must be https.",
            check="authorize.redirect_uri_secure",
            redirect_uri=proven[:600],
            profile=walk.profile.name,
        )


def redirect_uri_registered(walk: Walk) -> None:
    """RFC 9700 4.1.3: by the letter. This row alone opens the way out of the server."""
    proven = proven_redirect_uri(walk.client, walk.parameters)
    if proven is None:
        raise refuse(
            "invalid_request",
            "The redirect_uri is not registered for this application.",
            check="authorize.redirect_uri_registered",
            redirect_uri=(walk.sent("redirect_uri") or "")[:600],
        )
    walk.redirect_uri = proven
