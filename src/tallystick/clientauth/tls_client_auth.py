"""``tls_client_auth``: a certificate from an authority we trust, whose subject is registered (RFC 8705 2.1).

1. exactly one registered, live subject names the certificate: one name, compared whole
2. the certificate chains to an authority: the one the subject is pinned to, or any of the tenant's
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from ..certs.certificate import Certificate
from ..certs.chain import check_chain
from ..certs.names import parse_dn, san_matches, subject_matches
from ..clients.credential import (
    CERT_SAN_DNS,
    CERT_SAN_EMAIL,
    CERT_SAN_IP,
    CERT_SAN_URI,
    CERT_SUBJECT_DN,
    Credential,
)
from ..errors import Refused
from .method import ClientAuthenticationFailed, Evidence, Proof
from .mtls import shown_intermediates, shown_leaf

_registered_dn = lru_cache(maxsize=4096)(parse_dn)


def _san_matcher(kind: str) -> Callable[[Credential, Certificate], bool]:
    return lambda credential, leaf: san_matches(leaf, kind, credential.subject_san or "")


MATCHES: dict[str, Callable[[Credential, Certificate], bool]] = {
    CERT_SUBJECT_DN: lambda credential, leaf: subject_matches(leaf, _registered_dn(credential.subject_dn or "")),
    CERT_SAN_DNS: _san_matcher("dns"),
    CERT_SAN_URI: _san_matcher("uri"),
    CERT_SAN_IP: _san_matcher("ip"),
    CERT_SAN_EMAIL: _san_matcher("email"),
}
"""Credential type → whether it names the certificate."""


def verify(evidence: Evidence) -> Proof:
    """The registered subject that names the certificate, once the chain holds."""
    leaf = shown_leaf(evidence)
    intermediates = shown_intermediates(evidence)
    try:
        credential = _named_by(leaf, evidence)
        _check_anchored(leaf, intermediates, credential, evidence)
    except ClientAuthenticationFailed:
        raise
    except Refused as refusal:
        raise ClientAuthenticationFailed(refusal.check, **refusal.evidence) from None
    return Proof(credential=credential)


def _named_by(leaf: Certificate, evidence: Evidence) -> Credential:
    live = [credential for credential in evidence.registered.subjects if credential.is_live(evidence.now_ms)]
    for credential in live:
        if MATCHES[credential.credential_type](credential, leaf):
            return credential
    raise ClientAuthenticationFailed("tls_client_auth.subject", thumbprint_sha256=leaf.thumbprint, registered=len(live))


def _check_anchored(
    leaf: Certificate, intermediates: list[Certificate], credential: Credential, evidence: Evidence
) -> None:
    """RFC 5280 6 by way of `certs.chain`. No authority registered means nobody is trusted (attacks.md 25)."""
    trusted = evidence.authorities.trusted_for(credential.certificate_authority_id)
    if not trusted:
        raise ClientAuthenticationFailed("tls_client_auth.no_authority", pinned=credential.certificate_authority_id)
    check_chain(
        leaf,
        intermediates,
        [authority.certificate for authority in trusted],
        [certificate for authority in trusted for certificate in authority.intermediates],
        evidence.now_ms,
    )
