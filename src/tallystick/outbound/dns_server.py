"""The DNS server that the operator names, as words."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from ..errors import StartupError

DNS_PORT = 53


def server_of(text: str | None) -> tuple[str, int] | None:
    """Address and port of ``address[:port]``, IPv6 in brackets; None for the system's. Raises StartupError."""
    if text is None:
        return None
    bare = text if text.startswith("[") or text.count(":") < 2 else f"[{text}]"
    try:
        parts = urlsplit(f"//{bare}")
        address, port = ipaddress.ip_address(parts.hostname or ""), parts.port
    except ValueError:
        address, port = None, None
    if address is None or port == 0 or parts.netloc != bare or "@" in bare or bare.endswith(":"):
        raise StartupError("dns_server must be an address with an optional port, such as 192.0.2.53 or [::1]:5353")
    return str(address), port or DNS_PORT
