"""Client certificates: self-signed ones, and a small authority for trying things out."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from ..jose import base64url
from ..jose.private_keys import AnyPrivateKey, generate_private_key

BACKDATED = timedelta(minutes=5)
"""The certificate begins this long ago, for verifiers whose clock is behind."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A key and the certificate over it."""

    key: AnyPrivateKey = field(repr=False)
    certificate_pem: str

    @property
    def thumbprint(self) -> str:
        """As in ``cnf.x5t#S256``."""
        return thumbprint(self.certificate_pem)


def thumbprint(certificate_pem: str) -> str:
    """base64url SHA-256 of the DER certificate (RFC 8705 3.1). ValueError for what is no certificate."""
    certificate = x509.load_pem_x509_certificate(certificate_pem.encode())
    return base64url.encode(sha256(certificate.public_bytes(Encoding.DER)).digest())


def x5c(certificate_pem: str) -> list[str]:
    """The member of a JWK that shows the certificate over its key (RFC 7517 4.7). ValueError for what is none."""
    certificate = x509.load_pem_x509_certificate(certificate_pem.encode())
    return [b64encode(certificate.public_bytes(Encoding.DER)).decode("ascii")]


def self_signed(
    key: AnyPrivateKey, subject: str, *, now_ms: int, days: int = 365, dns_names: Sequence[str] = ()
) -> str:
    """A self-signed client certificate as PEM; ``subject`` as RFC 4514 has it. ValueError for a bad subject."""
    name = _name(subject)
    return _sign(_leaf(key, name, now_ms, days, dns_names).issuer_name(name), key)


class TrialAuthority:
    """A certificate authority that lives in memory: its key is gone with the object."""

    def __init__(self, subject: str, *, now_ms: int, days: int = 365, alg: str = "ES256") -> None:
        self._key = generate_private_key(alg)
        self._name = _name(subject)
        builder = _begin(self._key, self._name, now_ms, days).issuer_name(self._name)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self.certificate_pem = _sign(builder.add_extension(_usage(ca=True), critical=True), self._key)
        """What a server registers to trust this authority."""

    def issue(
        self, subject: str, *, now_ms: int, days: int = 90, dns_names: Sequence[str] = (), alg: str = "ES256"
    ) -> Issued:
        """A new key with a client certificate over it, signed by this authority."""
        key = generate_private_key(alg)
        builder = _leaf(key, _name(subject), now_ms, days, dns_names).issuer_name(self._name)
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        return Issued(key, _sign(builder.add_extension(authority, critical=False), self._key))


def _leaf(
    key: AnyPrivateKey, name: x509.Name, now_ms: int, days: int, dns_names: Sequence[str]
) -> x509.CertificateBuilder:
    builder = (
        _begin(key, name, now_ms, days)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(ca=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
    )
    if dns_names:
        builder = builder.add_extension(x509.SubjectAlternativeName(map(x509.DNSName, dns_names)), critical=False)
    return builder


def _begin(key: AnyPrivateKey, name: x509.Name, now_ms: int, days: int) -> x509.CertificateBuilder:
    now = datetime.fromtimestamp(now_ms // 1000, UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        key_cert_sign=ca,
        crl_sign=ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(subject: str) -> x509.Name:
    name = x509.Name.from_rfc4514_string(subject)
    if not name.rdns:
        raise ValueError("the subject is empty")
    return name


def _sign(builder: x509.CertificateBuilder, key: AnyPrivateKey) -> str:
    # Ed25519 brings its own hash.
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(key, algorithm).public_bytes(Encoding.PEM).decode("ascii")
