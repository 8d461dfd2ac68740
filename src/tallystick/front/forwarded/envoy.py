r"""`envoy`: ``x-forwarded-client-cert``, XFCC.

Source: Envoy, "HTTP header manipulation", x-forwarded-client-cert:

    XFCC    = element *( "," element )          one per hop
    element = pair *( ";" pair )
    pair    = key "=" value                     keys in any case
    value   = *( any but "," ";" "=" DQUOTE ) / DQUOTE *( any but DQUOTE / "\" DQUOTE ) DQUOTE

``Cert`` and ``Chain`` hold percent-encoded PEM; the chain begins with the leaf. ``Hash`` is the SHA-256 of the leaf in
hex. More than one element means that the header was appended to and not set: who wrote the first is not known.
"""

from __future__ import annotations

import re
from hashlib import sha256

from .shown import NOTHING, Malformed, Shown
from .spelling import certificates_from_pem, from_percent, one_from_escaped_pem

_PAIR = re.compile(rb'([A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^",;=]*))')
_SINGLE = frozenset({b"hash", b"cert", b"chain", b"subject"})
"""Those that stand at most once; By, URI and DNS may repeat."""


def read(text: bytes) -> Shown:
    """The client of the one element."""
    if not text:
        return NOTHING
    pairs = _pairs(text)
    if b"cert" not in pairs and b"chain" not in pairs:
        # Envoy writes the header only for a client that showed a certificate: it was not told to add it.
        raise Malformed("certificate_missing")
    leaf = one_from_escaped_pem(pairs[b"cert"]) if b"cert" in pairs else ()
    chain = certificates_from_pem(from_percent(pairs[b"chain"])) if b"chain" in pairs else leaf
    if leaf and chain[0] != leaf[0]:
        raise Malformed("chain_of_another")
    if b"hash" in pairs and pairs[b"hash"].lower() != sha256(chain[0]).hexdigest().encode():
        raise Malformed("hash_of_another")
    return Shown(chain)


def _pairs(text: bytes) -> dict[bytes, bytes]:
    """Keys in lower case and what they say."""
    pairs: dict[bytes, bytes] = {}
    position = 0
    while True:
        pair = _PAIR.match(text, position)
        if pair is None:
            raise Malformed("grammar")
        key = pair[1].lower()
        if key in pairs and key in _SINGLE:
            raise Malformed("key_twice")
        pairs[key] = pair[3] if pair[2] is None else re.sub(rb"\\(.)", rb"\1", pair[2])
        position = pair.end()
        if position == len(text):
            return pairs
        if text[position : position + 1] == b",":
            raise Malformed("elements")
        if text[position : position + 1] != b";":
            raise Malformed("grammar")
        position += 1
