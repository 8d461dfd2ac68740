"""Rows about what is asked for in detail (RFC 9396): pushed or signed, so that nobody on its way changes it.

The caller hears ``invalid_authorization_details``; the log hears which object, which member, and why.
"""

from __future__ import annotations

from .authorization_details import PARAMETER, check_contents, check_locations, check_types, read_details, refusing
from .refusal import refuse
from .walk import Walk


def details_protected(walk: Walk) -> None:
    """auth0.md 5.2: only through a pushed request or inside a signed one; RFC 9396 3 would take them in a query too."""
    if walk.sent(PARAMETER) is None or walk.provenance.is_pushed or walk.provenance.is_signed:
        return
    raise refuse(
        "invalid_authorization_details",
        "authorization_details are taken in a pushed or a signed request only.",
        check="authorize.details_protected",
    )


def details_form(walk: Walk) -> None:
    """RFC 9396 2, within the bounds of auth0.md 5.2."""
    sent = walk.sent(PARAMETER)
    if sent is not None:
        with refusing("authorize.details_form"):
            walk.authorization_details = read_details(sent)


def details_type(walk: Walk) -> None:
    """RFC 9396 5: registered at the API that is asked for. Without an API there is nobody who knows any type."""
    details, types = walk.authorization_details, walk.known.detail_types
    if details is not None:
        with refusing("authorize.details_type"):
            check_types(details, types)


def details_contents(walk: Walk) -> None:
    """RFC 9396 5: valid by the schema of the type."""
    details, types = walk.authorization_details, walk.known.detail_types
    if details is not None:
        with refusing("authorize.details_contents"):
            check_contents(details, types)


def details_location(walk: Walk) -> None:
    """RFC 9396 3."""
    details, api = walk.authorization_details, walk.known.resource_server
    if details is not None and api is not None:
        with refusing("authorize.details_location"):
            check_locations(details, api.identifier)


def details_granted(walk: Walk) -> None:
    """auth0.md 4.4: where the API demands a client grant for people, the grant lists the types too."""
    details, api, grant = walk.authorization_details, walk.known.resource_server, walk.known.user_grant
    if details is not None and api is not None and api.needs_user_grant:
        with refusing("authorize.details_granted"):
            check_types(details, grant.detail_types if grant is not None else ())
