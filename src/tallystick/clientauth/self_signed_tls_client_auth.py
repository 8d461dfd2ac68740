"""``self_signed_tls_client_auth``: the certificate itself is registered (RFC 8705 2.2)."""

from __future__ import annotations

from ..certs.certificate import check_certificate_life
from ..errors import Refused
from .method import ClientAuthenticationFailed, Evidence, Proof
from .mtls import shown_leaf


def verify(evidence: Evidence) -> Proof:
    """The shown certificate is, byte for byte, a live registered one, and within its validity.

    A new certificate over the same key is another certificate and must be registered (attacks.md 24).
    """
    leaf = shown_leaf(evidence)
    matching = [
        credential
        for credential in evidence.registered.certificates
        if credential.thumbprint_sha256 == leaf.thumbprint and credential.is_live(evidence.now_ms)
    ]
    if not matching:
        raise ClientAuthenticationFailed("self_signed_tls_client_auth.registered", thumbprint_sha256=leaf.thumbprint)
    try:
        check_certificate_life(leaf, evidence.now_ms)
    except Refused as refusal:
        raise ClientAuthenticationFailed(refusal.check, **refusal.evidence) from None
    return Proof(credential=matching[0])
