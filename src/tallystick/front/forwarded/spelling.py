"""How certificates are written inside header values: base64, PEM and percent-encoding, each read in one way only."""

from __future__ import annotations

import re
import warnings
from base64 import b64decode, b64encode
from urllib.parse import unquote_to_bytes

from cryptography import x509

from .shown import Malformed

CERTIFICATES_MAX = 11
"""A client's own and ten beside it: `certs.chain` looks at no more."""
_BROKEN_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")
# RFC 7468 3, the strict form, but for the length of lines and their ends: proxies write LF, some CR LF.
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----\r?\n((?:[A-Za-z0-9+/=]+\r?\n)+)-----END CERTIFICATE-----(?:\r?\n|\Z)")


def from_base64(text: bytes) -> bytes:
    """RFC 4648 4 with padding: exactly what an encoder would have written (3.5: no stray bits)."""
    try:
        decoded = b64decode(text, validate=True)
    except ValueError:
        raise Malformed("base64") from None
    if b64encode(decoded) != text:
        raise Malformed("base64")
    return decoded


def from_percent(text: bytes) -> bytes:
    """RFC 3986 2.1; a plus is a plus."""
    if _BROKEN_PERCENT.search(text):
        raise Malformed("percent")
    return unquote_to_bytes(text)


def certificate(der: bytes) -> bytes:
    """The same bytes, once they are seen to be one X.509 certificate and nothing behind it."""
    try:
        with warnings.catch_warnings():
            # Odd serial numbers and the like: whether such a certificate is good is not decided here.
            warnings.simplefilter("ignore")
            x509.load_der_x509_certificate(der)
    except (ValueError, x509.InvalidVersion):
        raise Malformed("certificate") from None
    return der


def certificates_from_pem(text: bytes) -> tuple[bytes, ...]:
    """RFC 7468: one or more certificates one after another, and nothing between or around."""
    found: list[bytes] = []
    position = 0
    while position < len(text):
        block = _PEM.match(text, position)
        if block is None:
            raise Malformed("pem")
        if len(found) == CERTIFICATES_MAX:
            raise Malformed("count")
        found.append(certificate(from_base64(block[1].replace(b"\r", b"").replace(b"\n", b""))))
        position = block.end()
    if not found:
        raise Malformed("pem")
    return tuple(found)


def one_from_escaped_pem(text: bytes) -> tuple[bytes, ...]:
    """Percent-encoded PEM of exactly one certificate."""
    found = certificates_from_pem(from_percent(text))
    if len(found) != 1:
        raise Malformed("count")
    return found


def certificates_from_der(joined: bytes) -> tuple[bytes, ...]:
    """Certificates in DER, one right behind another (X.690 8.1.3: each says its own length)."""
    found: list[bytes] = []
    while joined:
        if len(found) == CERTIFICATES_MAX:
            raise Malformed("count")
        size = _der_size(joined)
        found.append(certificate(joined[:size]))
        joined = joined[size:]
    return tuple(found)


def _der_size(der: bytes) -> int:
    """How many bytes the SEQUENCE that stands first takes, header included; never more than are there."""
    header = 2
    if len(der) < header or der[0] != 0x30:
        raise Malformed("certificate")
    size = der[1]
    if size >= 0x80:
        header += size - 0x80
        size = int.from_bytes(der[2:header], "big")
    if len(der) < header + size:
        raise Malformed("certificate")
    return header + size
