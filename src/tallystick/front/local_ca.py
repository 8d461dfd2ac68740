"""The local CA: made at the first start, it signs a server certificate per host and renews it in time.

A key, once written, stays, and is written before its certificate; a certificate is replaced in one step. So a crash
at any moment leaves files that fit together, and files that do not were not left by us: they stop the start.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ..errors import StartupError
from .certificates import Key, ServerCertificate, read_certificate, read_chain, read_key, spki
from .files import PRIVATE_MODE, PUBLIC_MODE, locked, write_atomically

CA_VALIDITY = timedelta(days=3650)
LEAF_VALIDITY = timedelta(days=396)
"""CA/Browser Forum baseline 6.3.2 and what browsers enforce: at most 397 days, with one to spare."""
RENEW_BELOW = LEAF_VALIDITY / 3
BACKDATED = timedelta(hours=1)
"""For clients whose clock is behind."""
HOST = re.compile(r"(?!.*\.\.)[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")


class LocalCa:
    """The CA in one directory: ``ca.pem``, ``ca.key`` (0600), and ``<name>.pem`` with ``<name>.key`` for each host."""

    def __init__(self, directory: Path) -> None:
        """Open the CA, or make one where there is none; raises :class:`StartupError`."""
        self.directory = directory
        self.certificate_file = directory / "ca.pem"
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            with locked(directory):
                self.certificate, self.key = open_authority(directory)
        except OSError as error:
            raise StartupError(f"cannot write TLS files in {directory}: {error.strerror}") from error

    def certificate_for(self, names: Sequence[str], now: datetime) -> ServerCertificate:
        """The certificate for ``names`` (host names and addresses), kept under the first one's name.

        Issued anew when it is missing, lacks a name, is another CA's, or has less than a third of its life left.
        """
        for name in names:
            check_name(name)
        # No host has an underscore, so none is kept in the authority's own files.
        stem = "_ca" if names[0] == "ca" else names[0]
        certificate_file, key_file = (self.directory / f"{stem}{suffix}" for suffix in (".pem", ".key"))
        try:
            with locked(self.directory):
                if certificate_file.exists():
                    kept = read_certificate(certificate_file, key_file)
                    if self._still_good(kept.leaf, names, now):
                        return kept
                key = open_key(key_file)
                leaf = issue(self.certificate, self.key, key, names, now)
                write_atomically(certificate_file, leaf.public_bytes(Encoding.PEM), PUBLIC_MODE)
        except OSError as error:
            raise StartupError(f"cannot write TLS files in {self.directory}: {error.strerror}") from error
        return ServerCertificate(leaf, (), key)

    def _still_good(self, leaf: x509.Certificate, names: Sequence[str], now: datetime) -> bool:
        try:
            leaf.verify_directly_issued_by(self.certificate)
        except (ValueError, TypeError, InvalidSignature):
            return False
        # What ends with the CA cannot be renewed to end later.
        ends_with_authority = leaf.not_valid_after_utc >= self.certificate.not_valid_after_utc
        lives = leaf.not_valid_after_utc - now >= RENEW_BELOW or ends_with_authority
        return lives and set(names) <= names_of(leaf)


def check_name(name: str) -> None:
    """A name becomes a file's name and a certificate's: nothing but host names and addresses."""
    if not is_name(name):
        raise StartupError(f"not a host name or address: {name!r}")


def is_name(name: str) -> bool:
    """True for host names in lower case, and addresses."""
    return address_of(name) is not None or HOST.fullmatch(name) is not None


def address_of(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The name as an address, when it is one."""
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def names_of(leaf: x509.Certificate) -> set[str]:
    """The names of a certificate's SAN extension, host names and addresses."""
    try:
        san = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    return {*san.get_values_for_type(x509.DNSName), *map(str, san.get_values_for_type(x509.IPAddress))}


def open_authority(directory: Path) -> tuple[x509.Certificate, Key]:
    """The CA's certificate and key, made when there are none."""
    certificate_file, key_file = directory / "ca.pem", directory / "ca.key"
    if certificate_file.exists():
        certificate = read_chain(certificate_file, "local CA certificate")[0]
        key = read_key(key_file, "local CA key")
        if spki(certificate) != spki(key):
            raise StartupError(f"the local CA key {key_file} does not belong to {certificate_file}")
        return certificate, key
    key = open_key(key_file)
    certificate = self_issue(key, datetime.now(UTC))
    write_atomically(certificate_file, certificate.public_bytes(Encoding.PEM), PUBLIC_MODE)
    return certificate, key


def open_key(path: Path) -> Key:
    """The key in ``path``; made when there is none."""
    if path.exists():
        return read_key(path)
    key = ec.generate_private_key(ec.SECP256R1())
    write_atomically(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), PRIVATE_MODE)
    return key


def self_issue(key: Key, now: datetime) -> x509.Certificate:
    """The CA's own certificate (RFC 5280 4.2.1.9: critical basicConstraints; no CA below it)."""
    # The key's beginning keeps the names of several local CAs in one trust store apart.
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Tallystick local CA {identifier.digest.hex()[:8]}")])
    return (
        builder(subject, subject, key, now, CA_VALIDITY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(key_usage(signs_certificates=True), critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, SHA256())
    )


def issue(
    authority: x509.Certificate, authority_key: Key, key: Key, names: Sequence[str], now: datetime
) -> x509.Certificate:
    """A server certificate for ``names``, no longer valid than the CA itself."""
    addresses = {name: address_of(name) for name in names}
    san = [x509.DNSName(name) if address is None else x509.IPAddress(address) for name, address in addresses.items()]
    # RFC 5280 limits a common name to 64 characters; names are matched by SAN alone (RFC 9525 6.3).
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    validity = min(LEAF_VALIDITY, authority.not_valid_after_utc - now)
    return (
        builder(subject, authority.subject, key, now, validity)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(san), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(authority_identifier(authority), critical=False)
        .sign(authority_key, SHA256())
    )


def builder(
    subject: x509.Name, issuer: x509.Name, key: Key, now: datetime, validity: timedelta
) -> x509.CertificateBuilder:
    """What both kinds of certificate share."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + validity)
    )


def key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    """RFC 5280 4.2.1.3: a CA signs certificates and revocation lists, a server its handshakes."""
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def authority_identifier(authority: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    """The CA's key, as its own certificate names it (RFC 5280 4.2.1.1)."""
    identifier = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)
