"""Is this certificate acceptable, at registration, for this usage? Every rule with its reason. Pure.

A certificate can be three things here: the holder of a name (``tls_client_auth``), the thing itself
(``self_signed_tls_client_auth``), or wrapping paper around a key (``private_key_jwt``, ``signed_request_object``).
Version 1 certificates never get this far: `certs.certificate` refuses them.
"""

from __future__ import annotations

from ..certs.certificate import Certificate
from ..certs.links import CLIENT_AUTH
from ..errors import Refused
from ..jose.goodkey import BadKey, check_key
from ..jose.keys import public_key_of
from ..jose.refusals import KeyRefused

TLS_CLIENT_AUTH = "tls_client_auth"
SELF_SIGNED_TLS_CLIENT_AUTH = "self_signed_tls_client_auth"
PUBLIC_KEY = "public_key"
CERTIFICATE_AUTHORITY = "certificate_authority"
USAGES = (TLS_CLIENT_AUTH, SELF_SIGNED_TLS_CLIENT_AUTH, PUBLIC_KEY, CERTIFICATE_AUTHORITY)


class BadCertificate(Refused):
    """The certificate is not acceptable; ``check`` is ``certificate.…`` or ``key.…``."""


def check_certificate(certificate: Certificate, usage: str, now_ms: int) -> list[str]:
    """Warnings for whoever registers; raises :class:`BadCertificate`. ``usage`` is one of :data:`USAGES`."""
    if usage not in USAGES:
        raise ValueError(usage)
    _check_key(certificate)
    # An expired certificate could never be used; to register it is a mistake worth telling.
    if now_ms >= certificate.not_after_ms + 1000:
        raise BadCertificate("The certificate has expired.", check="certificate.expired")
    if usage == CERTIFICATE_AUTHORITY:
        _check_authority(certificate)
        return _not_yet(certificate, now_ms)
    # RFC 5280 4.2.1.9; an authority's key would be a client's key, and could make more clients (attacks.md 21).
    if certificate.is_ca and usage == TLS_CLIENT_AUTH:
        raise BadCertificate(
            "This is an authority's certificate (CA:TRUE); register the client's own.", check="certificate.is_ca"
        )
    return _not_yet(certificate, now_ms) + _odd(certificate, usage)


def _check_key(certificate: Certificate) -> None:
    try:
        check_key(public_key_of(certificate.public_key))
    except (BadKey, KeyRefused) as error:
        raise BadCertificate(error.description, check=error.check, **error.evidence) from error


def _check_authority(certificate: Certificate) -> None:
    if not certificate.is_ca:
        raise BadCertificate(
            "An authority's certificate must say CA:TRUE in basicConstraints.", check="certificate.is_no_ca"
        )
    if not certificate.subject:
        raise BadCertificate("An authority's certificate must have a subject.", check="certificate.subject")


def _not_yet(certificate: Certificate, now_ms: int) -> list[str]:
    # Registering ahead of a rotation is good practice, so this is no refusal.
    return ["The certificate is not valid yet."] if now_ms < certificate.not_before_ms else []


def _odd(certificate: Certificate, usage: str) -> list[str]:
    warnings = []
    if certificate.is_ca and usage == SELF_SIGNED_TLS_CLIENT_AUTH:
        # `openssl req -x509` makes them so unless told otherwise; pinned as it is, nothing is trusted through it.
        warnings.append("The certificate says CA:TRUE; a client's own certificate should say CA:FALSE.")
    if certificate.eku is not None and CLIENT_AUTH not in certificate.eku and usage != PUBLIC_KEY:
        warnings.append("The certificate's extended key usage does not name clientAuth.")
    return warnings
