"""The client's address as a believed proxy names it, in the header that the deployment has chosen. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Container, Sequence

FORWARDED_FOR = b"x-forwarded-for"
"""The one header that holds a list: each proxy appends whom it got the request from."""
_WITH_PORT = re.compile(r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<v4>[0-9.]+))(?::[0-9]{1,5})?")


def client_address(name: bytes, values: Sequence[bytes], proxies: Container[str]) -> str:
    """The address; empty when the header does not name one.

    Of X-Forwarded-For the rightmost that is not a listed proxy: what stands left of it was written by whoever liked to.
    """
    if name != FORWARDED_FOR:
        return read_address(values[0].decode("latin-1")) if len(values) == 1 else ""
    named = b",".join(values).decode("latin-1").split(",")
    for word in reversed(named):
        address = read_address(word)
        if address not in proxies:
            return address
    return ""


def read_address(word: str) -> str:
    """An IPv4 or IPv6 address, with or without a port, in its one spelling; empty for anything else."""
    word = word.strip(" \t")
    with_port = _WITH_PORT.fullmatch(word)
    if with_port is not None:
        word = with_port["v6"] or with_port["v4"]
    try:
        address = ipaddress.ip_address(word)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return ""
        return str(address.ipv4_mapped or address)
    return str(address)
