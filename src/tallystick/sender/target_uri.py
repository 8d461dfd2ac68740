"""The URL that a proof was made for, compared as RFC 9449 4.3 asks: without query and fragment, and after the
normalisation that changes nothing (RFC 3986 6.2.2, 6.2.3)."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urlsplit

DEFAULT_PORTS = {"https": 443, "http": 80}
_ESCAPED = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


@lru_cache(maxsize=512)
def normalised(url: str) -> str | None:
    """The URL in its one spelling; None for what is no http(s) URL, or has somebody's name in it."""
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    scheme, host = parts.scheme, parts.hostname  # both come in lower case
    if scheme not in DEFAULT_PORTS or not host or "@" in parts.netloc:
        return None
    shown_host = f"[{host}]" if ":" in host else host
    authority = shown_host if port in (None, DEFAULT_PORTS[scheme]) else f"{shown_host}:{port}"
    return f"{scheme}://{authority}{_ESCAPED.sub(_escape, parts.path) or '/'}"


def _escape(found: re.Match[str]) -> str:
    """RFC 3986 6.2.2.1 and 6.2.2.2: hex digits in capitals, and no escape where none is needed."""
    character = chr(int(found[1], 16))
    return character if character in _UNRESERVED else found[0].upper()
