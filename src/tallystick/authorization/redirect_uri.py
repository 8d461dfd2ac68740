"""Redirect URIs: whether one is registered, by the letter. Pure.

RFC 9700 2.1 and 4.1.3: exact comparison of strings, the query included. Nothing is parsed, so no two readers can differ
about what a URL means (attacks.md 37). Auth0's wildcards and placeholders are kept for its tools, and fit nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ..clients.client import Client
from ..clients.origins import origin_of

_PATTERN_CHARS = "*{"
# RFC 8252 7.3: the port of a loopback redirect is whatever the system gave the application. All else is compared.
_LOOPBACK = re.compile(
    r"(?P<host>http://(?:127\.0\.0\.1|\[::1\]|localhost))(?::(?P<port>[1-9][0-9]{0,4}))?(?P<rest>(?:[/?][!-~]*)?)"
)
_PORT_MAX = 65_535
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*", re.ASCII)


def registered_redirect_uris(client: Client) -> Sequence[str]:
    """The client's redirect URIs that can fit anything."""
    registered = client.metadata.get("callbacks") or ()
    return [url for url in registered if not any(char in url for char in _PATTERN_CHARS)]


def fits(client: Client, redirect_uri: str) -> bool:
    """Whether the redirect URI is one of the client's."""
    registered = registered_redirect_uris(client)
    if redirect_uri in registered:
        return True
    return client.app_type == "native" and any(_fits_but_for_port(redirect_uri, url) for url in registered)


def _fits_but_for_port(redirect_uri: str, registered: str) -> bool:
    one, other = _LOOPBACK.fullmatch(redirect_uri), _LOOPBACK.fullmatch(registered)
    if one is None or other is None or int(one["port"] or 0) > _PORT_MAX:
        return False
    return one["host"] == other["host"] and one["rest"] == other["rest"]


def proven_redirect_uri(client: Client, parameters: Mapping[str, str]) -> str | None:
    """The redirect URI of a request: the one it names if it fits, the only one if it names none; else None."""
    named = parameters.get("redirect_uri")
    if named is not None:
        return named if fits(client, named) else None
    registered = registered_redirect_uris(client)
    return registered[0] if len(registered) == 1 else None


def form_target(redirect_uri: str) -> str:
    """What `form-action` must name for a form that leads there, by way of redirects too (Content Security Policy 3).

    An origin; the scheme alone for one of an application's own, and for an IPv6 address: that policy has no other word.
    Empty for what is no URL.
    """
    origin = origin_of(redirect_uri)
    if origin is not None and "[" not in origin:
        return origin
    scheme, colon, _ = redirect_uri.lower().partition(":")
    return f"{scheme}:" if colon and _SCHEME.fullmatch(scheme) else ""
