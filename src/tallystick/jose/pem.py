"""PEM text (RFC 7468), strictly: one block and nothing around it but white space."""

from __future__ import annotations

import re
from base64 import b64decode

from .refusals import KeyRefused

TEXT_CHARS_MAX = 16_384
"""An 8192-bit RSA key or certificate takes some 3,000 characters; the rest is room for odd line lengths."""
_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----\s([A-Za-z0-9+/=\s]*)-----END \1-----")


def read_block(text: str) -> tuple[str, bytes]:
    """Label and DER of the one block in ``text``. Raises :class:`KeyRefused`; private keys first, by whatever label."""
    if len(text) > TEXT_CHARS_MAX:
        raise KeyRefused("This is too long for a key.", check="key.size")
    # Before anything else: somebody is about to hand over a private key, perhaps behind a public one.
    if "PRIVATE KEY-----" in text:
        raise KeyRefused(
            "This is a private key. Keep it, consider it exposed if it left your machine, and send its public key.",
            check="private_key",
        )
    if text.count("-----BEGIN ") > 1:
        raise KeyRefused("There must be exactly one PEM block.", check="key.pem_blocks")
    found = _BLOCK.fullmatch(text.strip())
    if found is None:
        raise KeyRefused("This is not a PEM block, or something stands before or after it.", check="key.pem")
    try:
        return found[1], b64decode("".join(found[2].split()), validate=True)
    except ValueError as error:
        raise KeyRefused("The PEM block is not valid base64.", check="key.pem") from error
