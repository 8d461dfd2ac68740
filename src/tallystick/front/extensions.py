"""What the front tells the application about a request's client, as ASGI extensions; no header can set them.

`web.request` and `web.connection` read them, and know the names by themselves: what is behind the front knows no front.
"""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from typing import Any

from .client_address import client_address
from .dropped import reports
from .framing import BadRequest
from .identity import Claim, Identity, identify
from .proxies import Peer, Proxies

LISTENER = "tallystick.listener"
"""The socket that the request came in by: ``public``, ``mtls``, ``plain`` or ``unix``."""
PEER_CERTIFICATES = "tallystick.peer_certificates"
"""The client's chain as DER, leaf first: from this connection's handshake, or from a proxy that we believe."""
CERTIFICATE_SOURCE = "tallystick.certificate_source"
"""Where it is from: ``""`` (there is none), ``"tls"`` or ``"header"``."""
CA_VERDICT = "tallystick.ca_verdict"
"""Whether the believed proxy says that it verified the chain: None when it says nothing, True, or False."""
DROPPED_HEADERS = "tallystick.dropped_headers"
"""Lower-case names of the certificate headers that this request came with and that were not believed: a tuple."""

Scope = MutableMapping[str, Any]


def of_connection(listener: str, peer: Peer) -> dict[str, Any]:
    """What every request of a connection begins with."""
    return {
        LISTENER: listener,
        PEER_CERTIFICATES: peer.certificates,
        CERTIFICATE_SOURCE: "tls" if peer.certificates else "",
        CA_VERDICT: None,
        DROPPED_HEADERS: (),
    }


def tell(
    scope: Scope,
    proxies: Proxies | None,
    peer: Peer,
    claims: Sequence[Claim],
    now_s: float,
    *,
    vouched: bool = False,
    address_header: bytes = b"",
) -> None:
    """Write into the scope who the client is; count and report what is not believed. Raises :class:`BadRequest`.

    ``address_header`` names the client in place of the deployment's, which such a proxy may let a client write.
    """
    sender = scope.get("client")
    try:
        identity = identify(proxies, peer, claims, now_s, vouched=vouched)
    except BadRequest:
        reports.report("malformed", [name.decode("latin-1") for name, _ in claims], sender)
        raise
    for reason in identity.reasons:
        reports.report(reason, identity.dropped, sender)
    _write(scope["extensions"], identity)
    if identity.from_proxy and proxies is not None and (header := address_header or proxies.client_ip_header):
        _name_client(scope, header, proxies)


def _write(extensions: dict[str, Any], identity: Identity) -> None:
    extensions[PEER_CERTIFICATES] = identity.certificates
    extensions[CERTIFICATE_SOURCE] = identity.source
    extensions[CA_VERDICT] = identity.ca_verdict
    extensions[DROPPED_HEADERS] = identity.dropped


def _name_client(scope: Scope, header: bytes, proxies: Proxies) -> None:
    """Write the client of the request, as this header names it, instead of the proxy; its port is not known."""
    values = [value for name, value in scope["headers"] if name == header]
    address = client_address(header, values, proxies.addresses)
    if address:
        scope["client"] = (address, 0)
    elif values:
        reports.report("client_ip", [header.decode()], scope.get("client"))
