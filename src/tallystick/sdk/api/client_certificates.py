"""The client's certificate, for bound tokens (RFC 8705 3): from the connection, or from a proxy's header.

A header can be written by anybody. It is read only on connections that come from the proxy itself; from anywhere else a
request that carries it is refused, and so is one that carries it twice.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Collection, Mapping, Sequence
from ipaddress import ip_address
from typing import Any, Protocol
from urllib.parse import unquote_to_bytes

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from .refusals import ApiRefused

PEER_CERTIFICATES = "tallystick.peer_certificates"
"""ASGI extension of Tallystick's own front: DER, leaf first."""
VALUE_BYTES_MAX = 12 * 1024
_BINARY = re.compile(rb":([A-Za-z0-9+/=]+):")
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----\r?\n((?:[A-Za-z0-9+/=]+\r?\n)+)-----END CERTIFICATE-----\s*")
NO_CERTIFICATE = (b"", b"::")
"""What proxies write when the client showed none."""


class CertificateSource(Protocol):
    """Where an API gets its clients' certificates from."""

    def certificates(self, scope: Mapping[str, Any]) -> tuple[bytes, ...]:
        """DER, leaf first, of one ASGI request; empty when none was shown. Raises ApiRefused."""
        ...


class FromConnection:
    """What the client showed in the TLS handshake with this server: the ASGI extension ``tls``, or Tallystick's."""

    def certificates(self, scope: Mapping[str, Any]) -> tuple[bytes, ...]:
        """From the scope; no header can set it."""
        extensions = scope.get("extensions") or {}
        own = extensions.get(PEER_CERTIFICATES)
        if own:
            return tuple(own)
        chain = (extensions.get("tls") or {}).get("client_cert_chain") or ()
        return tuple(_der_of_pem(text) for text in chain)


class FromProxy:
    """What a proxy in front writes into a header.

    ``header``: ``Client-Cert`` (RFC 9440, base64 between colons) or the name of one that holds percent-encoded PEM,
    such as nginx's ``$ssl_client_escaped_cert``. ``addresses``: the proxy's, as this server's connections have them;
    ``unix_socket``: whether connections without an address are the proxy's. The proxy must take the header out of what
    clients send. Do not let the ASGI server rewrite the client's address (uvicorn: ``--no-proxy-headers``).
    """

    def __init__(
        self, header: str = "Client-Cert", *, addresses: Collection[str] = (), unix_socket: bool = False
    ) -> None:
        if isinstance(addresses, str) or not (addresses or unix_socket):
            raise ValueError("say the proxy's addresses, as a list, or unix_socket=True")
        if networks := [address for address in addresses if "/" in address]:
            raise ValueError(f"each address of the proxy by itself, not {networks[0]}")
        self._name = header.lower().encode("ascii")
        self._read = _from_binary if self._name == b"client-cert" else _from_escaped_pem
        self._addresses = frozenset(map(_address, addresses))
        self._unix_socket = unix_socket

    def certificates(self, scope: Mapping[str, Any]) -> tuple[bytes, ...]:
        """From the one header, if the connection is the proxy's."""
        # Some readers take "_" for "-": whatever one of them could take for the header is looked at.
        found = [(name, value) for name, value in scope["headers"] if name.lower().replace(b"_", b"-") == self._name]
        if not found:
            return ()
        if not self._is_proxy(scope.get("client")):
            raise _refused("client_certificate.not_a_proxy")
        if len(found) > 1 or b"_" in found[0][0]:
            raise _refused("client_certificate.header", count=len(found))
        return read_header(self._read, found[0][1])

    def _is_proxy(self, client: Sequence[Any] | None) -> bool:
        if not client or not client[0]:
            return self._unix_socket
        return _address(str(client[0])) in self._addresses


def read_header(read: Callable[[bytes], bytes], value: bytes) -> tuple[bytes, ...]:
    """The certificate in a header's value; empty for none. Raises ApiRefused for what is neither."""
    if value.strip() in NO_CERTIFICATE:
        return ()
    if len(value) > VALUE_BYTES_MAX:
        raise _refused("client_certificate.size", size_bytes=len(value))
    try:
        der = read(value.strip())
        x509.load_der_x509_certificate(der)
    except (ValueError, x509.InvalidVersion, Warning):
        raise _refused("client_certificate.malformed") from None
    return (der,)


def _from_binary(value: bytes) -> bytes:
    """RFC 9440 2.2, RFC 8941 3.3.5: ``:base64:`` and nothing else."""
    found = _BINARY.fullmatch(value)
    if found is None:
        raise ValueError("not a binary")
    return _strict_base64(found[1])


def _from_escaped_pem(value: bytes) -> bytes:
    """Percent-encoded PEM of one certificate; a plus is a plus."""
    # A broken escape stays as it is, and no PEM has a percent sign.
    found = _PEM.fullmatch(unquote_to_bytes(value))
    if found is None:
        raise ValueError("not one PEM block")
    return _strict_base64(found[1].replace(b"\r", b"").replace(b"\n", b""))


def _strict_base64(text: bytes) -> bytes:
    decoded = b64decode(text, validate=True)
    if b64encode(decoded) != text:
        raise ValueError("stray bits")
    return decoded


def _der_of_pem(text: str) -> bytes:
    try:
        return x509.load_pem_x509_certificate(text.encode()).public_bytes(Encoding.DER)
    except (ValueError, x509.InvalidVersion):
        raise _refused("client_certificate.malformed") from None


def _address(text: str) -> str:
    """In its one spelling; what is no address stays as it is, and equals only itself."""
    try:
        address = ip_address(text)
    except ValueError:
        return text
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


def _refused(check: str, **evidence: Any) -> ApiRefused:
    return ApiRefused("invalid_request", "The request is not acceptable.", check=check, **evidence)
