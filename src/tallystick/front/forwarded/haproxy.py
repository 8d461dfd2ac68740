"""`haproxy`: ``X-SSL-Client-DER`` and ``X-SSL-Client-Chain-DER``.

Source: HAProxy, "Configuration Manual": ``%[ssl_c_der,base64]`` and ``%[ssl_c_chain_der,base64]``. The chain is DER
after DER, which RFC 9440 cannot say; HAProxy writes an empty value when there is none.

    X-SSL-Client-DER       = base64
    X-SSL-Client-Chain-DER = base64 of certificates one behind another, with or without the leaf
"""

from __future__ import annotations

from .shown import NOTHING, Malformed, Shown
from .spelling import certificate, certificates_from_der, from_base64


def read(leaf: bytes, chain: bytes) -> Shown:
    """The certificate, and what the client showed beside it."""
    rest = certificates_from_der(from_base64(chain)) if chain else ()
    if not leaf:
        if rest:
            raise Malformed("chain_alone")
        return NOTHING
    own = certificate(from_base64(leaf))
    return Shown((own, *(rest[1:] if rest[:1] == (own,) else rest)))
