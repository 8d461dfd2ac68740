"""Cookies: what browsers send, and what we set (RFC 6265bis).

Their names begin with ``__Host-``: a browser takes such a cookie from this very host alone, over TLS (or on loopback),
for every path. So no neighbour under the same domain can put a session of theirs into somebody's browser.
"""

from __future__ import annotations

import re

from .request import Request

SESSION = "__Host-tallystick_session"
"""Opens the session. ``SameSite=None``: applications ask silently from frames, and by POST, in the person's name."""
BROWSER = "__Host-tallystick_browser"
"""Tells one browser from another while somebody signs in; forms are bound to it."""
_VALUE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
"""A handle; see `handles`."""


def cookie_of(request: Request, name: str) -> str | None:
    """The value of one of our cookies; None without one, for several, and for what was never ours."""
    values = [
        value
        for header in request.header_values(b"cookie")
        for pair in header.decode("latin-1").split(";")
        for key, _, value in (pair.strip(" \t").partition("="),)
        if key == name
    ]
    return values[0] if len(values) == 1 and _VALUE.fullmatch(values[0]) else None


def set_cookie(name: str, value: str, *, max_age_s: int | None = None) -> tuple[bytes, bytes]:
    """The header that sets a cookie; without ``max_age_s`` the browser forgets it when it is closed."""
    same_site = "None" if name == SESSION else "Lax"
    life = "" if max_age_s is None else f"; Max-Age={max_age_s}"
    return b"set-cookie", f"{name}={value}; Path=/; Secure; HttpOnly; SameSite={same_site}{life}".encode("ascii")


def clear_cookie(name: str) -> tuple[bytes, bytes]:
    """The header that removes a cookie."""
    return set_cookie(name, "", max_age_s=0)
