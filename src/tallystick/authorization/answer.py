"""The answer to an authorization request: where it goes and in which form. Pure.

query      in the redirect URI's query, whose own part stays as it is (RFC 6749 3.1.2, 4.1.2)
fragment   behind ``#`` (OAuth 2.0 Multiple Response Type Encoding Practices 2.1)
form_post  a form that the browser posts (OAuth 2.0 Form Post Response Mode)
web_message  a message to the page that opened ours, of one origin (auth0.md 1.2)

The first three may carry a signed answer too (JARM 2.3), as ``query.jwt``, ``fragment.jwt`` and ``form_post.jwt``; and
``jwt`` is whichever of query and fragment the response type takes. They then carry one parameter, ``response``.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlencode

import msgspec

from ..clients.directory import RegisteredClient
from ..profiles import Profile
from ..tenants.settings import setting
from ..tenants.tenant import Tenant

QUERY, FRAGMENT, FORM_POST, WEB_MESSAGE = "query", "fragment", "form_post", "web_message"
JWT = "jwt"
SIGNED_MODES = (JWT, *(f"{carrier}.{JWT}" for carrier in (QUERY, FRAGMENT, FORM_POST)))
RESPONSE_MODES = (QUERY, FRAGMENT, FORM_POST, WEB_MESSAGE, *SIGNED_MODES)


class Destination(msgspec.Struct, frozen=True, kw_only=True):
    """Where an answer goes. Made only once the redirect URI is proven."""

    registered: RegisteredClient
    """Whom it is for."""
    redirect_uri: str
    carrier: str
    """How it travels: the response mode without what it says of signing."""
    is_signed: bool = False
    """Whether it is a signed JWT (JARM)."""
    state: str | None = None
    web_message_origin: str | None = None
    """The one origin that may get a web message."""


def carrier_of(response_mode: str) -> str | None:
    """How an answer in this mode travels; None for ``jwt``, which leaves that to the response type (JARM 2.3.4)."""
    return None if response_mode == JWT else response_mode.removesuffix(f".{JWT}")


def answer_parameters(tenant: Tenant, destination: Destination, members: Mapping[str, str]) -> dict[str, str]:
    """The whole answer: what was decided, ``state`` exactly as it came, and who says so (RFC 9207)."""
    parameters = dict(members)
    if destination.state is not None:
        parameters["state"] = destination.state
    if names_issuer(tenant, destination.registered.profile):
        parameters["iss"] = tenant.issuer
    return parameters


def names_issuer(tenant: Tenant, profile: Profile) -> bool:
    """Whether answers to clients of this profile say who gives them (RFC 9207 2.1)."""
    return profile.requires_issuer or bool(setting(tenant, "authorization_response_iss_parameter_supported"))


def location_with(redirect_uri: str, carrier: str, parameters: Mapping[str, str]) -> str:
    """The URL that carries the answer in its query or fragment."""
    encoded = urlencode(parameters, quote_via=quote, safe="")
    if carrier == FRAGMENT:
        return f"{redirect_uri}#{encoded}"
    if "?" not in redirect_uri:
        return f"{redirect_uri}?{encoded}"
    return f"{redirect_uri}{'' if redirect_uri.endswith(('?', '&')) else '&'}{encoded}"
