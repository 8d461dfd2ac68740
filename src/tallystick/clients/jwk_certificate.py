"""Certificates in JWKs (RFC 7517 4.7): the first of ``x5c`` is the key's own, and may be what a client is. Pure.

RFC 8705 2.2.2 has ``self_signed_tls_client_auth`` find its certificates so. The rules are those of certificates that
are uploaded (`clients.goodcert`), and what stands beside the certificate must be about the same key.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from ..certs.certificate import Certificate, certificate_from_der
from ..certs.refusals import CertificateRefused
from ..jose.keys import PublicKey
from .goodcert import SELF_SIGNED_TLS_CLIENT_AUTH, check_certificate


def certificate_of(jwk: Mapping[str, Any], public_key: PublicKey) -> Certificate:
    """The certificate of a JWK whose key is ``public_key``. Raises Refused; says nothing about dates."""
    chain = jwk.get("x5c")
    first = chain[0] if isinstance(chain, list) and chain else None
    if not isinstance(first, str):
        raise CertificateRefused("The JWK has no certificate: x5c is missing.", check="certificate.x5c")
    certificate = certificate_from_der(_der(first))
    if certificate.spki_sha256 != public_key.spki_sha256:
        raise CertificateRefused("The certificate in x5c is over another key.", check="certificate.x5c_key")
    if jwk.get("x5t#S256", certificate.thumbprint) != certificate.thumbprint:
        raise CertificateRefused("x5t#S256 is of another certificate.", check="certificate.x5c_thumbprint")
    return certificate


def _der(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError as error:
        raise CertificateRefused("A member of x5c is base64 of a certificate.", check="certificate.x5c") from error


def new_certificate(jwk: Mapping[str, Any], public_key: PublicKey, now_ms: int) -> tuple[Certificate, list[str]]:
    """The certificate and what is to be said of it, by the rules of upload. Raises Refused."""
    certificate = certificate_of(jwk, public_key)
    return certificate, check_certificate(certificate, SELF_SIGNED_TLS_CLIENT_AUTH, now_ms)
