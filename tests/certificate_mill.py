"""A mill for client certificates: authorities, twins, intermediates, and leaves as good or as bad as a test needs them.

Dates are counted from now, because the server under test has the real time; `tests.certs` has a clock that stands.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tallystick.jose.keys import jwk_of, public_key_of
from tests.forge import b64

CLIENT_AUTH = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
SERVER_AUTH = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
BOTH_AUTH = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
ANY_PURPOSE = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE])
CA = x509.BasicConstraints(ca=True, path_length=None)
NO_CA = x509.BasicConstraints(ca=False, path_length=None)
GOOD_DAYS = (-1, 30)
EXPIRED_DAYS = (-30, -1)
FUTURE_DAYS = (1, 30)


@dataclass(frozen=True)
class Holder:
    """A certificate and the key it was made over."""

    certificate: x509.Certificate
    key: Any = field(repr=False)

    @property
    def subject(self) -> x509.Name:
        """Whom it names."""
        return self.certificate.subject

    @property
    def pem(self) -> str:
        """The certificate."""
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        """The private key, PKCS#8."""
        return str(self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())

    @property
    def thumbprint(self) -> str:
        """As in ``x5t#S256``."""
        return b64(sha256(self.certificate.public_bytes(Encoding.DER)).digest())

    def files(self, directory: Path, *chain: Holder) -> tuple[Path, Path]:
        """Certificate file (with what is shown beside it) and key file, for TLS libraries."""
        stem = f"{self.thumbprint[:20]}-{len(chain)}"
        certificate, key = directory / f"{stem}.pem", directory / f"{stem}.key"
        certificate.write_text("".join(holder.pem for holder in (self, *chain)))
        key.write_text(self.key_pem)
        return certificate, key


def name(text: str) -> x509.Name:
    """A subject of one common name; with ``=`` in it, RFC 4514."""
    if "=" in text:
        return x509.Name.from_rfc4514_string(text)
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def certify(
    subject: str | x509.Name,
    issuer: Holder | None = None,
    *extensions: x509.ExtensionType,
    key: Any = None,
    days: tuple[int, int] = GOOD_DAYS,
    san: Sequence[x509.GeneralName] = (),
) -> Holder:
    """A certificate with exactly these extensions; without an issuer it signs itself."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = name(subject) if isinstance(subject, str) else subject
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        # At least one extension, or it would not be version 3.
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
    if san:
        builder = builder.add_extension(x509.SubjectAlternativeName(san), critical=False)
    return Holder(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


def authority(subject: str | x509.Name, issuer: Holder | None = None, **options: Any) -> Holder:
    """An authority: a root, or below ``issuer`` an intermediate."""
    return certify(subject, issuer, CA, **options)


def twin_of(holder: Holder) -> Holder:
    """Another authority of the same name, over another key."""
    return authority(holder.subject)


def leaf(subject: str | x509.Name, issuer: Holder | None = None, **options: Any) -> Holder:
    """A client certificate as an authority would make it; without an issuer a self-signed one."""
    return certify(subject, issuer, NO_CA, CLIENT_AUTH, **options)


def jwk_with(holder: Holder, *behind: Holder, **members: Any) -> dict[str, Any]:
    """The key of a certificate as a JWK with its chain, the certificate first; None leaves a member out."""
    chain = [b64encode(each.certificate.public_bytes(Encoding.DER)).decode() for each in (holder, *behind)]
    shown = {**jwk_of(public_key_of(holder.key.public_key())), "x5c": chain, **members}
    return {name: value for name, value in shown.items() if value is not None}
