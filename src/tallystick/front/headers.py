"""Header names: the ones that would speak of a client certificate never reach the application.

Only the handshake of this very connection says who the peer is (attacks.md 20). The table holds every name under
which servers and proxies are known to pass certificates on; `_` counts as `-`, since some read them as one.
"""

from __future__ import annotations

from functools import lru_cache

CERTIFICATE_HEADERS = frozenset(
    {
        b"client-cert",  # RFC 9440
        b"client-cert-chain",  # RFC 9440
        b"client-certificate",
        b"client-certificate-ca-verified",
        b"cname-api-key",
        b"ssl-cert",
        b"ssl-certificate",
        b"x-amzn-mtls-clientcert",
        b"x-arr-clientcert",
        b"x-client-certificate",
        b"x-forwarded-client-cert",
        b"x-forwarded-ssl-client-cert",
        b"x-mtls-cert",
        b"x-peer-cert",
        b"x-ssl-cert",
        b"x-ssl-certificate",
        b"x-ssl-issuer",
        b"x-ssl-subject",
        b"x-tallystick-proxy-key",
    }
)
CERTIFICATE_PREFIXES = (
    b"client-cert",
    b"client-certificate-",
    b"ssl-client-",
    b"tls-client-",
    b"x-amzn-mtls-",
    b"x-client-cert",
    b"x-forwarded-client-cert",
    b"x-forwarded-tls-client-cert",
    b"x-ssl-client-",
    b"x-ssl-cert",
    b"x-tls-client-",
)


REMEMBERED_BYTES_MAX = 64
"""Longer names than clients send are looked at anew each time: they would fill the memory."""


def accepted_name(name: bytes) -> bytes | None:
    """The name in lower case, or None when the header is to be dropped."""
    return remembered_name(name) if len(name) <= REMEMBERED_BYTES_MAX else looked_at(name)


def looked_at(name: bytes) -> bytes | None:
    """The same, from the tables."""
    lower = name.lower()
    plain = lower.replace(b"_", b"-")
    return None if plain in CERTIFICATE_HEADERS or plain.startswith(CERTIFICATE_PREFIXES) else lower


remembered_name = lru_cache(maxsize=1024)(looked_at)
