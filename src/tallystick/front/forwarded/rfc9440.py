"""`rfc9440`: ``Client-Cert`` and ``Client-Cert-Chain`` (RFC 9440 2.2, 2.3), as HAProxy, Caddy and many others write.

    Client-Cert       = sf-binary                                    RFC 8941 3.3.5: ":" base64 ":"
    Client-Cert-Chain = sf-list of sf-binary, without the leaf       RFC 8941 3.1: "," with blanks around

Stricter than RFC 8941: no parameters, no line breaks into several fields, padding and pad bits as RFC 4648 wants them.
Looser in one thing: the empty sequence ``::``, which HAProxy and Caddy write when the client showed no certificate.
"""

from __future__ import annotations

import re

from .shown import NOTHING, Malformed, Shown
from .spelling import CERTIFICATES_MAX, certificate, from_base64

EMPTY = b"::"
_BINARY = re.compile(rb":([A-Za-z0-9+/=]+):")


def read(leaf: bytes, chain: bytes) -> Shown:
    """The certificate of ``Client-Cert`` and those of ``Client-Cert-Chain``; an empty value is an absent one."""
    rest = () if chain in (b"", EMPTY) else tuple(_der(item) for item in _items(chain))
    if leaf in (b"", EMPTY):
        # RFC 9440 2.3: the chain must not be there without the certificate.
        if rest:
            raise Malformed("chain_alone")
        return NOTHING
    return Shown((_der(leaf), *rest))


def _items(text: bytes) -> list[bytes]:
    items = [item.strip(b" \t") for item in text.split(b",")]
    if len(items) >= CERTIFICATES_MAX:
        raise Malformed("count")
    return items


def _der(item: bytes) -> bytes:
    binary = _BINARY.fullmatch(item)
    if binary is None:
        raise Malformed("sf_binary")
    return certificate(from_base64(binary[1]))
