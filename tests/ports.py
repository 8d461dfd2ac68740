"""Ports for servers that have to be told theirs."""

from __future__ import annotations

import secrets
import socket
from contextlib import suppress

PORTS = range(11_000, 32_000)
"""Below what systems give to outgoing connections (RFC 6335 and Linux's own range): nobody is given one of them between
our look and the server's own, nor while a server is stopped that shall start there again."""


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on just now."""
    found: set[int] = set()
    while len(found) < count:
        port = secrets.choice(PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found.add(port)
    return list(found)
