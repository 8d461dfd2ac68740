"""`traefik`: ``X-Forwarded-Tls-Client-Cert`` of the middleware PassTLSClientCert with ``pem: true``.

Source: Traefik, "PassTLSClientCert": PEM without its armour and line ends, several separated by commas, leaf first.
Older versions escaped it for a URL.

    X-Forwarded-Tls-Client-Cert = base64 *( "," base64 )
"""

from __future__ import annotations

from .shown import NOTHING, Malformed, Shown
from .spelling import CERTIFICATES_MAX, certificate, from_base64, from_percent


def read(text: bytes) -> Shown:
    """The chain; base64 holds neither commas nor percent signs, so the escape can be undone first."""
    if not text:
        return NOTHING
    parts = from_percent(text).split(b",")
    if len(parts) > CERTIFICATES_MAX:
        raise Malformed("count")
    return Shown(tuple(certificate(from_base64(part)) for part in parts))
