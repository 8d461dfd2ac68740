"""`nginx`: ``X-SSL-Client-Cert`` and ``X-SSL-Client-Verify``.

Source: nginx, ngx_http_ssl_module, "Embedded Variables": ``$ssl_client_escaped_cert`` and ``$ssl_client_verify``. nginx
sends no header for an empty value.

    X-SSL-Client-Cert   = percent-encoded PEM of one certificate
    X-SSL-Client-Verify = "NONE" / "SUCCESS" / "FAILED:" reason
"""

from __future__ import annotations

from .auth0 import verdict_of
from .shown import NOTHING, Malformed, Shown
from .spelling import one_from_escaped_pem


def read(leaf: bytes, verdict: bytes) -> Shown:
    """The certificate and nginx's verdict; ``NONE`` says that the client showed no certificate."""
    if verdict == b"NONE":
        if leaf:
            raise Malformed("verdict_none")
        return NOTHING
    said = verdict_of(verdict)
    return Shown(one_from_escaped_pem(leaf), said) if leaf else NOTHING
