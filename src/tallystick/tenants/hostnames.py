"""The grammar of what a ``Host`` header may say here, and of an issuer (RFC 9110 7.2, RFC 3986 3.2.2, RFC 8414 2)."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address

HOST_CHARS_MAX = 253
"""RFC 1123 2.1 and RFC 1035 2.3.4: the longest name, without the final dot."""
PORT_MAX = 65_535
DEFAULT_PORT = 443

# Lower case only: `hosts` lowers what a request says before it looks, so an upper-case letter here would match nothing.
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::(?P<port>[1-9][0-9]{0,4}))?")
_ISSUER = re.compile(r"(?:https|http)://(?P<host>[^/?#@]+)/")


def checked_host(text: str) -> str:
    """``host`` or ``host:port`` in lower case; raises ValueError with the reason.

    A name of DNS labels without a final dot, an IPv4 address, or an IPv6 address in brackets in its shortest form.
    """
    found = _HOST.fullmatch(text.lower()) if text.isascii() else None
    if found is None:
        raise ValueError("must be a host name or address with an optional port, such as auth.example.com:8443")
    if int(found["port"] or 1) > PORT_MAX:
        raise ValueError(f"the port must be at most {PORT_MAX}")
    if found["name"].startswith("["):
        _check_ipv6(found["name"][1:-1])
    else:
        _check_name(found["name"])
    return found[0]


def checked_issuer(text: str) -> str:
    """``text`` if it is an issuer; raises ValueError with the reason. Whether plain http may serve, `settings` says."""
    found = _ISSUER.fullmatch(text)
    if found is None:
        raise ValueError("must be https://host[:port]/, with the slash at the end and nothing behind it")
    # RFC 8414 4 compares issuers as strings: one spelling only.
    if checked_host(found["host"]) != found["host"]:
        raise ValueError("the host must be in lower case")
    return text


def host_of(issuer: str) -> str:
    """What a request to the issuer says in ``Host``: clients leave the default port out (RFC 9110 4.2.2)."""
    scheme, _, rest = issuer.partition("://")
    host = rest.removesuffix("/")
    return host.removesuffix(":443" if scheme == "https" else ":80")


def _check_ipv6(text: str) -> None:
    try:
        shortest = str(IPv6Address(text))
    except AddressValueError:
        raise ValueError(f"[{text}] is not an IPv6 address") from None
    if shortest != text:
        raise ValueError(f"the IPv6 address must be in its shortest form: [{shortest}]")


def _check_name(name: str) -> None:
    if len(name) > HOST_CHARS_MAX or not _NAME.fullmatch(name):
        raise ValueError("the host name is not made of DNS labels, or ends with a dot")
    # RFC 3986 3.2.2: what ends in a number is an IPv4 address, and then a whole one (WHATWG URL, "ends in a number").
    if name.rpartition(".")[2].isdigit():
        try:
            IPv4Address(name)
        except AddressValueError:
            raise ValueError(f"{name} is not an IPv4 address") from None
