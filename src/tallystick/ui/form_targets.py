"""Where forms of a sign-in may lead: Chromium holds the redirects that follow a form to ``form-action`` too."""

from __future__ import annotations

import re

from .dress import origin_of

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*", re.ASCII)


def form_target_of(redirect_uri: str) -> str:
    """The source expression for a proven redirect URI (Content Security Policy 3, 2.3.1); empty for none.

    An origin; the scheme alone for an application's own scheme, and for an IPv6 address, for which there is no other.
    """
    origin = origin_of(redirect_uri)
    if origin and "[" not in origin:
        return origin
    scheme, colon, _ = redirect_uri.lower().partition(":")
    return f"{scheme}:" if colon and _SCHEME.fullmatch(scheme) else ""
