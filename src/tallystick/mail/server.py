"""The mail server that the operator names, as words, and who mail is from."""

from __future__ import annotations

import ipaddress
from email.headerregistry import Address
from email.utils import getaddresses
from typing import Literal
from urllib.parse import unquote, urlsplit

import msgspec

from ..errors import StartupError

Security = Literal["tls", "starttls", "plain"]
SCHEMES: dict[str, tuple[Security, int]] = {
    "smtps": ("tls", 465),
    "smtp+starttls": ("starttls", 587),
    "smtp": ("plain", 25),
}
"""Scheme → how the connection is kept from others (RFC 8314 3), and the port without another one."""


class MailServer(msgspec.Struct, frozen=True, kw_only=True):
    """Where mail is handed in."""

    host: str
    port: int
    security: Security
    username: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return f"MailServer({self.host!r}, {self.port}, {self.security!r})"


def mail_server_of(url: str | None) -> MailServer | None:
    """The server of ``smtp_url``; None without one. Raises StartupError, whose text never has the password."""
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise StartupError("smtp_url is not a URL") from None
    if parts.scheme not in SCHEMES:
        raise StartupError(f"smtp_url must begin with {', '.join(f'{scheme}://' for scheme in SCHEMES)}")
    if not host or port == 0 or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise StartupError("smtp_url must be scheme://[user:password@]host[:port]")
    security, usual_port = SCHEMES[parts.scheme]
    if security == "plain" and not _is_loopback(host):
        raise StartupError("smtp_url may be smtp:// to this machine only: use smtps:// or smtp+starttls://")
    return MailServer(
        host=host,
        port=port or usual_port,
        security=security,
        username=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def sender_of(text: str | None) -> Address | None:
    """Who mail is from: an address, or ``Name <address>``. Raises StartupError."""
    if text is None:
        return None
    try:
        ((name, spec),) = getaddresses([text])
        sender = Address(display_name=name, addr_spec=spec)
    except (ValueError, IndexError):
        sender = Address()
    if not sender.username or not sender.domain or not text.isprintable():
        raise StartupError("mail_from must be an address such as no-reply@example.com, or Name <no-reply@example.com>")
    return sender


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
