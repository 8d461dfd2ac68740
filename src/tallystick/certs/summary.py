"""A certificate in a few lines, for the log and for debuggers: what people need to tell which one it was."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from .certificate import Certificate, certificate_from_der, thumbprint_of
from .distinguished_name import name_in_short
from .refusals import CertificateRefused

NAMES_MAX = 16
NAME_CHARS_MAX = 256
_KINDS: dict[type[x509.GeneralName], str] = {
    x509.DNSName: "dns",
    x509.UniformResourceIdentifier: "uri",
    x509.IPAddress: "ip",
    x509.RFC822Name: "email",
}


def summary_of_der(der: bytes) -> dict[str, Any]:
    """The summary of what was shown; of something unreadable the check that it failed."""
    try:
        return summary(certificate_from_der(der))
    except CertificateRefused as refusal:
        return {"unreadable": refusal.check, "thumbprint_sha256": thumbprint_of(der)}


def summary(certificate: Certificate) -> dict[str, Any]:
    """Subject, issuer, names, thumbprint, validity and kind of key."""
    return {
        "subject": name_in_short(certificate.subject),
        "issuer": name_in_short(certificate.issuer),
        "names": _names(certificate),
        "thumbprint_sha256": certificate.thumbprint,
        "not_before": _date(certificate.not_before_ms),
        "not_after": _date(certificate.not_after_ms),
        "key": kind_of_key(certificate.public_key),
    }


def kind_of_key(key: CertificatePublicKeyTypes) -> str:
    """Such as ``RSA 2048`` or ``EC secp256r1``."""
    if isinstance(key, RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, EllipticCurvePublicKey):
        return f"EC {key.curve.name}"
    return type(key).__name__.lstrip("_").removesuffix("PublicKey")


def _names(certificate: Certificate) -> list[str]:
    """The alternative names, each with its kind before it; kinds that prove nothing here by kind alone."""
    found = list(certificate.extension(x509.SubjectAlternativeName) or ())
    told = [_name(name) for name in found[:NAMES_MAX]]
    return told if len(found) <= NAMES_MAX else [*told, f"({len(found) - NAMES_MAX} more)"]


def _name(name: x509.GeneralName) -> str:
    kind = _KINDS.get(type(name))
    return type(name).__name__ if kind is None else f"{kind}:{name.value}"[:NAME_CHARS_MAX]


def _date(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
