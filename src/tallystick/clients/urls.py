"""URLs in client metadata: syntax alone. Whether a redirect fits a registered one is asked in `authorization`."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

URL_CHARS_MAX = 2_048
LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})

_HOST = re.compile(r"(\*\.)?([A-Za-z0-9_-]|\{[a-z_]+\})+(\.([A-Za-z0-9_-]|\{[a-z_]+\})+)*\.?|[0-9A-Fa-f:.]+")
"""Labels, a wildcard in front, and Auth0's placeholders such as ``{organization_name}``; or an IPv6 address."""
_CUSTOM_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
# What a browser would execute, read or open by itself (attacks.md 47).
_DANGEROUS_SCHEMES = frozenset(
    {"about", "blob", "chrome", "data", "file", "filesystem", "ftp", "gopher", "intent", "jar", "javascript", "mailto"}
    | {"res", "resource", "tel", "vbscript", "view-source", "ws", "wss"}
)


def check_callback(url: str, *, native: bool) -> None:
    """A redirect URI (RFC 6749 3.1.2, RFC 8252 7): https; http to loopback; own schemes for native applications.

    Raises ValueError with the reason.
    """
    scheme = _scheme_of(url)
    if "#" in url:
        raise ValueError("A URL here has no fragment")
    if scheme in ("https", "http"):
        _check_web(url, scheme, http_anywhere=False)
    elif not native:
        raise ValueError("The scheme must be https, or http for localhost; other schemes are for app_type native")


def check_origin(url: str) -> None:
    """A web origin: scheme, host and port alone. Raises ValueError."""
    scheme = _scheme_of(url)
    if scheme not in ("https", "http"):
        raise ValueError("The scheme of an origin must be https or http")
    parts = _check_web(url, scheme, http_anywhere=False)
    if parts.path not in ("", "/") or parts.query or "#" in url:
        raise ValueError("An origin is scheme, host and port alone")


def check_link(url: str) -> None:
    """A page or picture that is shown or opened: http(s), or empty. Raises ValueError."""
    if url == "":
        return
    scheme = _scheme_of(url)
    if scheme not in ("https", "http"):
        raise ValueError("The scheme must be https or http")
    _check_web(url, scheme, http_anywhere=True)


def check_https(url: str) -> None:
    """An https URL without a fragment, or empty. Raises ValueError."""
    if url == "":
        return
    if _scheme_of(url) != "https" or "#" in url:
        raise ValueError("Expected an https URL without a fragment")
    _check_web(url, "https", http_anywhere=False)


def check_request_uri(url: str) -> None:
    """An https URL that a request object is fetched from; a fragment may hold its hash (OpenID Connect Core 6.2).

    Raises ValueError.
    """
    address, _, fragment = url.partition("#")
    check_https(address)
    if not address or not all("!" <= char <= "~" for char in fragment):
        raise ValueError("Expected an https URL, with at most the hash of its content as the fragment")


def _scheme_of(url: str) -> str:
    """The scheme in lower case, if it is one that may stand here."""
    if not url or len(url) > URL_CHARS_MAX or not all("!" <= char <= "~" for char in url) or "\\" in url:
        raise ValueError(f"A URL has 1 to {URL_CHARS_MAX} visible ASCII characters")
    scheme, colon, rest = url.partition(":")
    if not colon or not rest or not _CUSTOM_SCHEME.fullmatch(scheme):
        raise ValueError("Expected an absolute URL")
    if scheme.lower() in _DANGEROUS_SCHEMES:
        raise ValueError(f"The scheme {scheme.lower()} is not allowed")
    return scheme.lower()


def _check_web(url: str, scheme: str, *, http_anywhere: bool) -> SplitResult:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("This is not a valid URL") from None
    if "@" in parts.netloc or not url[len(scheme) :].startswith("://") or not _HOST.fullmatch(host):
        raise ValueError("The URL needs a plain host, without user or password")
    if scheme == "http" and not http_anywhere and host not in LOOPBACK_HOSTS:
        raise ValueError("The scheme http is for localhost only; use https")
    return parts
