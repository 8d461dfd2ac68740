"""The certificate, read once and described: bytes, thumbprint, key, life, and what it says it may be used for."""

from __future__ import annotations

import re
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import TypeVar

from cryptography import x509 as rfc5280
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .distinguished_name import DistinguishedName, name_of
from .refusals import CertificateRefused, UntrustedCertificate

DER_BYTES_MAX = 8_192
"""A certificate over an 8192-bit key with many names stays under 4 KiB; TLS itself would allow 16 MiB."""
CERTIFICATES_MAX = 16
"""Blocks in one PEM text; a chain has two or three."""
NAMES_MAX = 256
"""Alternative names in one certificate; a client has one or two, public authorities give a server up to 100."""
_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----\s([A-Za-z0-9+/=\s]*?)-----END \1-----\s*")

VERSION_1 = (
    "This is a version 1 certificate: it has no extensions, so nothing says that it is not an authority. Make it again"
    " as version 3: `openssl x509 -req` needs `-extfile FILE` with a line such as `basicConstraints=critical,CA:FALSE`"
    " (and `-extensions SECTION` when the file has sections, such as `-extensions v3_req`);"
    ' `openssl req -x509` takes `-addext "basicConstraints=critical,CA:FALSE"`.'
)

E = TypeVar("E", bound=rfc5280.ExtensionType)


@dataclass(frozen=True, slots=True)
class Certificate:
    """One X.509 version 3 certificate. Equal when its bytes are equal."""

    der: bytes = field(repr=False)
    x509: rfc5280.Certificate = field(repr=False, compare=False)
    extensions: rfc5280.Extensions = field(repr=False, compare=False)
    public_key: CertificatePublicKeyTypes = field(repr=False, compare=False)
    thumbprint: str
    """base64url SHA-256 of the DER, as in ``x5t#S256`` (RFC 8705 3.1)."""
    spki_sha256: str = field(compare=False)
    """base64url SHA-256 of the DER SubjectPublicKeyInfo; the same as `jose` computes for the same key."""
    not_before_ms: int = field(compare=False)
    not_after_ms: int = field(compare=False)
    """Milliseconds since the epoch; the certificate is valid up to and including this second (RFC 5280 4.1.2.5)."""
    version: int = field(compare=False)
    is_ca: bool = field(compare=False)
    """basicConstraints has CA:TRUE."""
    eku: frozenset[str] | None = field(compare=False)
    """Dotted object identifiers of extendedKeyUsage; None when the extension is absent."""
    subject: DistinguishedName | None = field(compare=False)
    """Empty when the certificate has no subject; None when the subject cannot be expressed as text."""
    issuer: DistinguishedName | None = field(repr=False, compare=False)

    @property
    def pem(self) -> str:
        """The certificate as PEM."""
        return self.x509.public_bytes(Encoding.PEM).decode("ascii")

    def extension(self, kind: type[E]) -> E | None:
        """The value of an extension, or None when it is absent."""
        try:
            return self.extensions.get_extension_for_class(kind).value
        except rfc5280.ExtensionNotFound:
            return None


def certificate_from_pem(text: str) -> Certificate:
    """Read exactly one certificate; :class:`CertificateRefused` for anything else, private keys beside it included."""
    certificates = certificates_from_pem(text)
    if len(certificates) != 1:
        raise CertificateRefused("There must be exactly one certificate.", check="certificate.blocks")
    return certificates[0]


def certificates_from_pem(text: str) -> list[Certificate]:
    """Read one or more certificates with nothing between or around them but white space."""
    if len(text) > CERTIFICATES_MAX * DER_BYTES_MAX:
        raise CertificateRefused("This is too long.", check="certificate.size")
    if "PRIVATE KEY-----" in text:
        raise CertificateRefused(
            "There is a private key in this. Keep it, consider it exposed if it left your machine, and send only the"
            " certificate.",
            check="private_key",
        )
    rest, certificates = text.strip(), list[Certificate]()
    while rest:
        block = _BLOCK.match(rest)
        if block is None or block[1] != "CERTIFICATE" or len(certificates) == CERTIFICATES_MAX:
            raise CertificateRefused("This is not PEM with certificates alone.", check="certificate.pem")
        try:
            der = b64decode("".join(block[2].split()), validate=True)
        except ValueError as error:
            raise CertificateRefused("The PEM block is not valid base64.", check="certificate.pem") from error
        certificates.append(certificate_from_der(der))
        rest = rest[block.end() :]
    if not certificates:
        raise CertificateRefused("There is no certificate in this.", check="certificate.pem")
    return certificates


# Reading costs some 50 µs and depends on nothing but the bytes; a client shows the same ones at every request. Anyone
# may show any: what is remembered stays small, in number and each.
@lru_cache(maxsize=256)
def certificate_from_der(der: bytes) -> Certificate:
    """Read one certificate; raises :class:`CertificateRefused`. Says nothing about trust."""
    if len(der) > DER_BYTES_MAX:
        raise CertificateRefused("The certificate is too large.", check="certificate.size")
    parsed = _readable(lambda: rfc5280.load_der_x509_certificate(der), "certificate.der")
    if parsed.version is not rfc5280.Version.v3:
        raise CertificateRefused(VERSION_1, check="certificate.version")
    # RFC 5280 4.1.2.2: positive. The parser warns now and will refuse it later; better at registration than after that.
    if parsed.serial_number <= 0:
        raise CertificateRefused("The certificate's serial number must be positive.", check="certificate.serial")
    extensions = _readable(lambda: parsed.extensions, "certificate.extensions")
    key = _readable(parsed.public_key, "certificate.key")
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    names = _value(extensions, rfc5280.SubjectAlternativeName)
    if names is not None and len(names) > NAMES_MAX:
        raise CertificateRefused(f"A certificate has at most {NAMES_MAX} names here.", check="certificate.names")
    constraints = _value(extensions, rfc5280.BasicConstraints)
    eku = _value(extensions, rfc5280.ExtendedKeyUsage)
    return Certificate(
        der=der,
        x509=parsed,
        extensions=extensions,
        public_key=key,
        thumbprint=thumbprint_of(der),
        spki_sha256=_sha256(spki),
        not_before_ms=int(parsed.not_valid_before_utc.timestamp()) * 1000,
        not_after_ms=int(parsed.not_valid_after_utc.timestamp()) * 1000,
        version=parsed.version.value + 1,
        is_ca=constraints is not None and constraints.ca,
        eku=None if eku is None else frozenset(oid.dotted_string for oid in eku),
        subject=name_of(lambda: parsed.subject),
        issuer=name_of(lambda: parsed.issuer),
    )


def thumbprint_of(der: bytes) -> str:
    """base64url SHA-256, as in ``x5t#S256``; also of what cannot be read."""
    return _sha256(der)


def check_certificate_life(certificate: Certificate, now_ms: int) -> None:
    """Raise :class:`UntrustedCertificate` unless the certificate is valid at ``now_ms`` (RFC 5280 6.1.3 (a) (2)).

    No skew is granted: the dates are days or years apart, and whoever issues may begin a minute earlier.
    """
    if now_ms < certificate.not_before_ms:
        raise UntrustedCertificate("The certificate is not valid yet.", check="certificate.not_yet_valid")
    # notAfter is inclusive to the second.
    if now_ms >= certificate.not_after_ms + 1000:
        raise UntrustedCertificate("The certificate has expired.", check="certificate.expired")


T = TypeVar("T")


def _readable(read: Callable[[], T], check: str) -> T:
    try:
        return read()
    except rfc5280.DuplicateExtension as error:
        # RFC 5280 4.2: at most one instance of an extension.
        raise CertificateRefused("An extension is there twice.", check="certificate.extensions") from error
    # Warning: where the process turns warnings into errors, odd encodings arrive as such.
    except (ValueError, TypeError, OverflowError, rfc5280.InvalidVersion, UnsupportedAlgorithm, Warning) as error:
        reason = str(error)[:200]
        raise CertificateRefused("This is not a certificate that can be read.", check=check, reason=reason) from error


def _value(extensions: rfc5280.Extensions, kind: type[E]) -> E | None:
    try:
        return extensions.get_extension_for_class(kind).value
    except rfc5280.ExtensionNotFound:
        return None


def _sha256(data: bytes) -> str:
    return urlsafe_b64encode(sha256(data).digest()).rstrip(b"=").decode("ascii")
