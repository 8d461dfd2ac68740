"""What the operator says about proxies, as words: read and checked before anything listens."""

from __future__ import annotations

import ipaddress
import re

from ..errors import StartupError
from .headers import accepted_name

NO_FORM = "none"
FORMS = (NO_FORM, "rfc9440", "auth0", "nginx", "envoy", "traefik", "haproxy")
"""How a proxy can hand on a client certificate; `forwarded.table` reads each."""
VERDICT_FORMS = ("auth0", "nginx")
"""Those in which the proxy also says whether it verified the chain."""
SOCKET_MODES = ("0600", "0660")
KEY_CHARS_MIN = 32
"""128 bits even in hex."""
_KEY = re.compile(r"[\x21-\x2b\x2d-\x7e]+")
"""What a header value can hold, without blanks and the comma that separates keys."""
_HEADER_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
_READ_BY_US = frozenset({"host", "content-length", "content-type", "transfer-encoding", "connection", "authorization"})


def words_of(text: str | None) -> list[str]:
    """What commas separate, without blanks around; nothing when there is no text."""
    return [] if text is None else [word.strip() for word in text.split(",")]


def keys_of(text: str | None) -> tuple[bytes, ...]:
    """The keys of ``proxy_key``; raises :class:`StartupError` without telling any."""
    keys = words_of(text)
    if any(len(key) < KEY_CHARS_MIN for key in keys):
        raise StartupError(f"proxy_key: each key must have at least {KEY_CHARS_MIN} characters")
    if not all(_KEY.fullmatch(key) for key in keys):
        raise StartupError("proxy_key: a key is printable ASCII without blanks and commas")
    return tuple(key.encode() for key in keys)


def addresses_of(text: str | None) -> frozenset[str]:
    """The addresses of ``proxy_addresses``, as sockets spell them; raises :class:`StartupError`.

    Loopback alone: whoever can send from another address, or be routed as if, must show a key or a certificate.
    """
    addresses = set()
    for word in words_of(text):
        try:
            address = ipaddress.ip_address(word)
        except ValueError:
            raise StartupError(f"proxy_addresses: {word[:60]!r} is not an address") from None
        if not address.is_loopback:
            elsewhere = "a proxy elsewhere shows itself by proxy_certificate or proxy_key"
            raise StartupError(f"proxy_addresses: {word} is not a loopback address; {elsewhere}")
        addresses.add(str(address))
        if address.version == 4:
            # As a listener for both families sees it.
            addresses.add(f"::ffff:{address}")
    return frozenset(addresses)


def header_name_of(text: str | None) -> bytes:
    """The name that ``client_ip_header`` gives, in lower case; empty when there is none. Raises StartupError."""
    if text is None:
        return b""
    name = text.lower()
    if not _HEADER_NAME.fullmatch(name):
        raise StartupError(f"client_ip_header: {text[:60]!r} is not the name of a header")
    if name in _READ_BY_US or accepted_name(name.encode()) is None:
        raise StartupError(f"client_ip_header: {text} means something else here")
    return name.encode()
