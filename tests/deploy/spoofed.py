"""What a thief sends who holds no key: the victim's certificate in every header that some server believes."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from urllib.parse import quote

from cryptography.hazmat.primitives.serialization import Encoding

from tests.attacks.test_c_spoofing import HEADERS, spellings
from tests.certificate_mill import Holder

VERDICTS = (b"client-certificate-ca-verified: SUCCESS", b"X-SSL-Client-Verify: SUCCESS", b"cname-api-key: x")
HOP_BY_HOP = (
    b"Connection: close, Client-Cert, X-SSL-Client-Cert, X-SSL-Client-Verify, X-Forwarded-Client-Cert",
    b"Connection: X-Tallystick-Proxy-Key, X-Forwarded-For, Host",
)
"""RFC 9110 7.6.1 lets a sender name headers that a proxy is to take away: ours must come after that, or be refused."""


def believable(holder: Holder) -> dict[str, bytes]:
    """Header → value, exactly as the proxies of `deploy/` and some others write it for a client that did show this."""
    der = holder.certificate.public_bytes(Encoding.DER)
    escaped = quote(holder.pem, safe="").encode()
    binary = b":" + b64encode(der) + b":"
    return {
        "Client-Cert": binary,
        "Client-Cert-Chain": binary,
        "client-certificate": escaped,
        "X-SSL-Client-Cert": escaped,
        "X-SSL-Client-DER": b64encode(der),
        "X-Forwarded-Client-Cert": b'Hash=%s;Chain="%s"' % (sha256(der).hexdigest().encode(), escaped),
        "X-Forwarded-Tls-Client-Cert": b64encode(der),
    }


def names(name: str) -> list[str]:
    """The ways to write a header's name that some reader takes for the same."""
    return list(dict.fromkeys([name, name.upper(), name.lower(), name.replace("-", "_"), name.replace("-", "_", 1)]))


def lines(name: str, *values: bytes) -> list[bytes]:
    """Header lines under one name."""
    return [name.encode() + b": " + value for value in values]


def attempts(victim: Holder) -> Iterator[list[bytes]]:
    """Header lines of one request each."""
    for header, value in believable(victim).items():
        yield lines(header, value)
        yield lines(header, value, value)
        yield from ([*lines(name, value), *VERDICTS] for name in names(header))
    every_value = spellings(victim)
    for header in HEADERS:
        yield [*lines(header, *every_value), *lines(header.replace("-", "_"), *every_value), *VERDICTS]
    together = [line for header, value in believable(victim).items() for line in lines(header, value)]
    yield [*together, *VERDICTS]
    for nominated in HOP_BY_HOP:
        yield [*together, nominated]
