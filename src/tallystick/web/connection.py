"""What the server sees of a connection, for whoever sets up a proxy: told to the caller, and never decided by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..certs.summary import summary_of_der
from .request import CA_VERDICT, PEER_CERTIFICATES

LISTENER = "tallystick.listener"
CERTIFICATE_SOURCE = "tallystick.certificate_source"
DROPPED_HEADERS = "tallystick.dropped_headers"
"""ASGI extensions by which `front` tells of a request's client, beside those that `request` names."""
HEADERS_MAX = 10
HEADER_CHARS_MAX = 64


def connection_of(scope: Mapping[str, Any]) -> dict[str, Any]:
    """Listener, TLS, address and certificate of the connection; None for what the front does not tell."""
    extensions: Mapping[str, Any] = scope.get("extensions") or {}
    chain = tuple(extensions.get(PEER_CERTIFICATES) or ())
    peer = scope.get("client")
    return {
        "listener": extensions.get(LISTENER),
        "tls": scope.get("scheme") == "https",
        "client_ip": str(peer[0]) if peer else None,
        "certificate_source": extensions.get(CERTIFICATE_SOURCE) or None,
        "certificate": summary_of_der(chain[0]) if chain else None,
        "certificates": len(chain),
        "ca_verdict": extensions.get(CA_VERDICT),
        "dropped_headers": [
            str(name)[:HEADER_CHARS_MAX] for name in tuple(extensions.get(DROPPED_HEADERS) or ())[:HEADERS_MAX]
        ],
    }
