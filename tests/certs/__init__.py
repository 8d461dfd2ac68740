"""Certificates for tests: made in milliseconds, as good or as bad as a test needs them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tallystick.certs.certificate import Certificate, certificate_from_der

NOW = datetime(2026, 6, 1, tzinfo=UTC)
NOW_MS = int(NOW.timestamp()) * 1000
DAY_MS = 86_400_000
CLIENT_AUTH = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
SERVER_AUTH = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
CA = x509.BasicConstraints(ca=True, path_length=None)
NO_CA = x509.BasicConstraints(ca=False, path_length=None)


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)] if text else [])


def key_usage(*, digital_signature: bool = False, key_cert_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(digital_signature, True, False, False, False, key_cert_sign, False, False, False)


@dataclass(frozen=True)
class Holder:
    """A certificate and the key it was made over."""

    certificate: Certificate
    key: Any

    @property
    def subject(self) -> x509.Name:
        return self.certificate.x509.subject


def certify(
    subject: str | x509.Name,
    issuer: Holder | None = None,
    *extensions: x509.ExtensionType,
    key: Any = None,
    critical: Sequence[type[x509.ExtensionType]] = (),
    days: tuple[int, int] = (-1, 365),
    hash_: Any = hashes.SHA256,
    issuer_name: x509.Name | None = None,
) -> Holder:
    """Make a certificate; without an issuer it signs itself. ``days`` are counted from :data:`NOW`."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = name(subject) if isinstance(subject, str) else subject
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer_name or (issuer.subject if issuer else subject))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + timedelta(days=days[0]))
        .not_valid_after(NOW + timedelta(days=days[1]))
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=type(extension) in critical)
    if not extensions:  # at least one, or nothing would make it version 3 elsewhere
        builder = builder.add_extension(x509.SubjectKeyIdentifier(b"id"), critical=False)
    signed = builder.sign(issuer.key if issuer else key, hash_() if hash_ else None)
    return Holder(certificate_from_der(signed.public_bytes(Encoding.DER)), key)


def san(*names: x509.GeneralName) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName(list(names))


def certificates(holders: Iterable[Holder]) -> list[Certificate]:
    return [holder.certificate for holder in holders]
