"""Certificates of JWK Sets, ready to hold against what a connection shows (RFC 8705 2.2.2). Pure."""

from __future__ import annotations

from collections.abc import Iterable

from ..certs.certificate import Certificate
from .credential import X509_CERT, Credential
from .set_key import SetKey


def certificate_id_of(certificate: Certificate) -> str:
    """By what name logs, tokens and tallies know a certificate that is no credential row."""
    return f"x5t_{certificate.thumbprint}"


def loaded_certificates(tenant_id: str, client_id: str, keys: Iterable[SetKey]) -> tuple[Credential, ...]:
    """What stands in for the rows that certificates of a set are not. Their dates are asked of themselves."""
    return tuple(
        _credential(tenant_id, client_id, key.kid, key.certificate) for key in keys if key.certificate is not None
    )


def _credential(tenant_id: str, client_id: str, kid: str | None, certificate: Certificate) -> Credential:
    return Credential(
        tenant_id=tenant_id,
        id=certificate_id_of(certificate),
        client_id=client_id,
        credential_type=X509_CERT,
        kid=kid,
        pem=certificate.pem,
        thumbprint_sha256=certificate.thumbprint,
        key_sha256=certificate.spki_sha256,
        created_at_ms=0,
        updated_at_ms=0,
    )
