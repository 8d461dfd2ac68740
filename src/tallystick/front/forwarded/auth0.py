"""`auth0`: ``client-certificate`` and ``client-certificate-ca-verified``, as Auth0 asks of customers' edges.

Source: auth0.md 2.3, after Auth0's "Set up the customer edge": the leaf alone, URL-encoded PEM, at most 4096 bytes.

    client-certificate             = percent-encoded PEM of one certificate
    client-certificate-ca-verified = "SUCCESS" / "FAILED" [ ":" reason ]
"""

from __future__ import annotations

from .shown import NOTHING, Malformed, Shown
from .spelling import one_from_escaped_pem


def read(leaf: bytes, verdict: bytes) -> Shown:
    """The certificate and the edge's verdict; without a certificate the verdict means nothing."""
    said = verdict_of(verdict)
    return Shown(one_from_escaped_pem(leaf), said) if leaf else NOTHING


def verdict_of(text: bytes) -> bool | None:
    """``SUCCESS`` True, ``FAILED`` with or without a reason False, nothing None; in capitals, as it is documented."""
    if not text:
        return None
    if text == b"SUCCESS":
        return True
    if text == b"FAILED" or text.startswith(b"FAILED:"):
        return False
    raise Malformed("verdict")
