"""A certificate as an API hands it on in a parameter, in whichever way its proxy or server spells it.

    PEM                 -----BEGIN CERTIFICATE----- …        line ends, tabs and blanks do not count
    PEM, percent-encoded                                     nginx: ``$ssl_client_escaped_cert``
    :base64:                                                 RFC 9440 2.1
    base64 of the DER                                        HAProxy: ``%[ssl_c_der,base64]``

Nobody trusts it for what it says: it is compared by its thumbprint, so its bytes are all that is read.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from functools import lru_cache
from urllib.parse import unquote

from .certificate import DER_BYTES_MAX
from .refusals import CertificateRefused

_CHARS_MAX = 3 * DER_BYTES_MAX
_PEM = re.compile(r"\s*-----BEGIN CERTIFICATE-----\s([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*")
_SF_BINARY = re.compile(r":([A-Za-z0-9+/=]+):")


# A client shows the same certificate at every request. Anyone may show any: what is remembered stays small.
@lru_cache(maxsize=256)
def der_of(text: str) -> bytes:
    """The one certificate's DER; raises :class:`CertificateRefused`."""
    if len(text) > _CHARS_MAX:
        raise CertificateRefused("The certificate is too large.", check="certificate.size")
    plain = unquote(text) if "%" in text else text
    pem, binary = _PEM.fullmatch(plain), _SF_BINARY.fullmatch(plain)
    encoded = "".join(pem[1].split()) if pem is not None else binary[1] if binary is not None else plain
    try:
        der = b64decode(encoded, validate=True)
    except ValueError:
        der = b""
    # RFC 4648 3.5: exactly what an encoder would have written. A certificate is a SEQUENCE of more than 127 bytes.
    if der[:1] != b"\x30" or b64encode(der).decode() != encoded:
        raise CertificateRefused("This is not one certificate as PEM or base64.", check="certificate.handed_on")
    return der
