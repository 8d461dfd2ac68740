"""The names of a certificate's holder: its subject, and its subjectAltNames, each compared exactly (RFC 8705 2.1.2).

A registered name is brought into canonical form once, by :func:`parse_dn` or :func:`canonical_san`; a certificate's
names are brought into the same form; then equality decides. Nothing here knows wildcards, suffixes or patterns
(attacks.md 23).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

from cryptography import x509

from .certificate import Certificate
from .distinguished_name import DistinguishedName, parse_dn, to_lines, to_rfc4514
from .refusals import CertificateRefused

__all__ = [
    "SAN_KINDS",
    "DistinguishedName",
    "canonical_san",
    "parse_dn",
    "san_matches",
    "san_values",
    "subject_matches",
    "to_lines",
    "to_multiline",
    "to_rfc4514",
]

SAN_CHARS_MAX = 1024
_LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]+")
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}")


def to_multiline(certificate: Certificate) -> str:
    """The subject in Auth0's multi-line form; :class:`CertificateRefused` when it has none that text can carry."""
    if not certificate.subject:
        raise CertificateRefused("The certificate has no usable subject.", check="dn.empty")
    return to_lines(certificate.subject)


def subject_matches(certificate: Certificate, registered: DistinguishedName) -> bool:
    """Whether the certificate's subject is exactly this name. An empty name matches nothing."""
    return bool(registered) and certificate.subject == registered


def canonical_san(kind: str, value: str) -> str:
    """The canonical form of a name; ``kind`` is a key of :data:`SAN_KINDS`. Raises :class:`CertificateRefused`."""
    if len(value) > SAN_CHARS_MAX:
        raise _refused("The name is too long.", "san.size")
    return _CANONICAL[kind](value)


def san_values(certificate: Certificate, kind: str) -> frozenset[str]:
    """The certificate's names of one kind, in canonical form; names that have none are left out."""
    extension = certificate.extension(x509.SubjectAlternativeName)
    found = set()
    for name in extension or ():
        if isinstance(name, SAN_KINDS[kind]):
            try:
                found.add(canonical_san(kind, str(name.value)))
            except CertificateRefused:
                continue
    return frozenset(found)


def san_matches(certificate: Certificate, kind: str, registered: str) -> bool:
    """Whether the certificate has exactly this name (in canonical form) among its names of this kind."""
    return registered in san_values(certificate, kind)


def _dns(value: str) -> str:
    if "*" in value:
        # A client's identity is one name; a certificate's wildcard is left out too, so it matches nothing.
        raise _refused("A wildcard is no client's name.", "san.wildcard")
    name = value.lower()
    if not _HOST.fullmatch(name) or len(name) > 253:
        raise _refused("The DNS name must be ASCII labels with dots between (international names as xn--).", "san.dns")
    # An address spelled as a DNS name is neither (RFC 5280 4.2.1.6: addresses are iPAddress).
    if name.rpartition(".")[2].isdigit():
        raise _refused("This is an IP address; register it as one.", "san.dns_is_ip")
    return name


def _uri(value: str) -> str:
    # Exact, case included: RFC 3986 6.2.1, the comparison without false positives.
    if not _URI.fullmatch(value):
        raise _refused("The URI must be absolute and ASCII.", "san.uri")
    return value


def _ip(value: str) -> str:
    try:
        address = ip_address(value)
    except ValueError as error:
        raise _refused("This is not an IP address.", "san.ip") from error
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        raise _refused("A certificate's address has no scope.", "san.ip")
    return address.compressed


def _email(value: str) -> str:
    # RFC 5280 4.2.1.6 and 7.5: the local part is exact, the host part without case.
    local, at, host = value.rpartition("@")
    host = host.lower()
    if not at or not _LOCAL_PART.fullmatch(local) or not _HOST.fullmatch(host):
        raise _refused("This is not an e-mail address.", "san.email")
    return f"{local}@{host}"


SAN_KINDS: dict[str, type[x509.GeneralName]] = {
    "dns": x509.DNSName,
    "uri": x509.UniformResourceIdentifier,
    "ip": x509.IPAddress,
    "email": x509.RFC822Name,
}
"""Kind → its type in a certificate. RFC 8705 2.1.2: ``tls_client_auth_san_dns`` and so on."""

_CANONICAL: dict[str, Callable[[str], str]] = {"dns": _dns, "uri": _uri, "ip": _ip, "email": _email}


def _refused(reason: str, check: str) -> CertificateRefused:
    return CertificateRefused(reason, check=check)
