"""The table of forms: which headers each has, how long they may be, and what reads them."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import msgspec

from . import auth0, envoy, haproxy, nginx, rfc9440, traefik
from .shown import Malformed, Shown

REMEMBERED_MAX = 256
"""A client shows the same certificate at every request, and reading it costs. At most 12 MiB."""
LEAF_BYTES_MAX = 12 * 1024
"""base64 of `certs.certificate.DER_BYTES_MAX`, percent signs included."""
CHAIN_BYTES_MAX = 32 * 1024
AUTH0_BYTES_MAX = 4096
"""auth0.md 2.3."""
VERDICT_BYTES_MAX = 1024


class Header(msgspec.Struct, frozen=True):
    """One header of a form; its name in lower case."""

    name: bytes
    bytes_max: int


class Form(msgspec.Struct, frozen=True):
    """One row. ``read`` takes the values in the order of ``headers``, empty for those that are not there."""

    name: str
    value: str
    """What the first header holds, in words."""
    source: str
    """Where the grammar is from."""
    headers: tuple[Header, ...]
    read: Callable[..., Shown]
    """Raises :class:`Malformed`."""

    @property
    def names(self) -> frozenset[bytes]:
        """The names of its headers."""
        return frozenset(header.name for header in self.headers)

    def shown(self, values: dict[bytes, bytes]) -> Shown:
        """What these values say; raises :class:`Malformed`."""
        ordered = [values.get(header.name, b"") for header in self.headers]
        for header, value in zip(self.headers, ordered, strict=True):
            if len(value) > header.bytes_max:
                raise Malformed("size")
        return self.read(*ordered)


def _form(name: str, value: str, source: str, read: Callable[..., Shown], *headers: tuple[bytes, int]) -> Form:
    remembering = lru_cache(maxsize=REMEMBERED_MAX)(read)
    return Form(name, value, source, tuple(Header(*header) for header in headers), remembering)


FORMS: dict[str, Form] = {
    form.name: form
    for form in (
        _form(
            "rfc9440",
            "base64 of the DER between colons",
            "RFC 9440 2.2, 2.3",
            rfc9440.read,
            (b"client-cert", LEAF_BYTES_MAX),
            (b"client-cert-chain", CHAIN_BYTES_MAX),
        ),
        _form(
            "auth0",
            "percent-encoded PEM",
            "Auth0, mTLS for customers' own edges",
            auth0.read,
            (b"client-certificate", AUTH0_BYTES_MAX),
            (b"client-certificate-ca-verified", VERDICT_BYTES_MAX),
        ),
        _form(
            "nginx",
            "percent-encoded PEM: `$ssl_client_escaped_cert`",
            "nginx, ngx_http_ssl_module",
            nginx.read,
            (b"x-ssl-client-cert", LEAF_BYTES_MAX),
            (b"x-ssl-client-verify", VERDICT_BYTES_MAX),
        ),
        _form(
            "envoy",
            "XFCC with `Cert` or `Chain`, one element",
            "Envoy, HTTP header manipulation",
            envoy.read,
            (b"x-forwarded-client-cert", CHAIN_BYTES_MAX),
        ),
        _form(
            "traefik",
            "base64 of each DER, separated by commas",
            "Traefik, PassTLSClientCert",
            traefik.read,
            (b"x-forwarded-tls-client-cert", CHAIN_BYTES_MAX),
        ),
        _form(
            "haproxy",
            "base64 of the DER: `%[ssl_c_der,base64]`",
            "HAProxy, ssl_c_der and ssl_c_chain_der",
            haproxy.read,
            (b"x-ssl-client-der", LEAF_BYTES_MAX),
            (b"x-ssl-client-chain-der", CHAIN_BYTES_MAX),
        ),
    )
}
