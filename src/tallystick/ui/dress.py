"""The dress: how a tenant's pages look, from its settings and its branding."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Protocol
from urllib.parse import urlsplit

import msgspec

from ..tenants.settings import setting
from ..tenants.tenant import Tenant
from .colours import colour_of
from .theme import PRIMARY, theme_css


class Branding(Protocol):
    """What a tenant said about its look; None for what it did not say."""

    @property
    def primary_color(self) -> str | None:
        """``#rrggbb``."""
        ...

    @property
    def page_background(self) -> str | None:
        """Likewise."""
        ...

    @property
    def logo_url(self) -> str | None:
        """Where its logo is."""
        ...


ReadBranding = Callable[[str], Awaitable[Branding]]
"""Tenant id → its branding in force."""
THEME_PATH = "/u/assets/theme.css"
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]", re.ASCII)


class Dress(msgspec.Struct, frozen=True, kw_only=True):
    """One tenant's look."""

    name: str
    logo_url: str = ""
    support_url: str = ""
    theme: str
    """The style sheet with its colours."""
    theme_version: str

    @property
    def theme_url(self) -> str:
        """Where the browser gets the theme; another theme has another URL, so it may be kept for long."""
        return f"{THEME_PATH}?v={self.theme_version}"


def dress_of(tenant: Tenant, branding: Branding) -> Dress:
    """How this tenant looks."""
    theme = theme_css(colour_of(branding.primary_color) or PRIMARY, colour_of(branding.page_background))
    logo_url = branding.logo_url or setting(tenant, "picture_url") or ""
    support_url = setting(tenant, "support_url") or ""
    return Dress(
        name=setting(tenant, "friendly_name") or tenant.name,
        logo_url=logo_url if origin_of(logo_url) else "",
        support_url=support_url if origin_of(support_url) else "",
        theme=theme,
        theme_version=version_of(theme.encode()),
    )


def version_of(content: bytes) -> str:
    """What tells one content from another in a URL."""
    return sha256(content).hexdigest()[:16]


def origin_of(url: str) -> str:
    """The origin of a web address, fit for a Content Security Policy; empty for anything else."""
    try:
        parts = urlsplit(url)
        host, port = parts.netloc, parts.port
    except ValueError:
        return ""
    name = host.rpartition(":")[0] if port is not None else host
    if parts.scheme not in ("https", "http") or not _HOST.fullmatch(name) or not url.isascii():
        return ""
    return f"{parts.scheme}://{host}"
