"""``self_signed_tls_client_auth``: the certificate itself is registered, or in the client's JWK Set (RFC 8705 2.2).

:data:`RULES` is the whole of it, in order: the shown certificate is, byte for byte, a live registered one, and within
its validity. A new certificate over the same key is another certificate and must be registered (attacks.md 24).
"""

from __future__ import annotations

from ..certs.certificate import check_certificate_life
from ..rules import Rule
from .method import ClientAuthenticationFailed, Evidence, Proof
from .mtls import READ_LEAF, CertificateWalk, leaf_of, walked
from .registered_keys import about_key_set


def verify(evidence: Evidence) -> Proof:
    """The credential that is the certificate."""
    walk = walked(evidence, _CHECKS)
    assert walk.credential is not None  # noqa: S101 - what the rule `registered` leaves behind
    return Proof(credential=walk.credential)


def _check_registered(walk: CertificateWalk) -> None:
    evidence, thumbprint = walk.evidence, leaf_of(walk).thumbprint
    for credential in evidence.registered.certificates:
        if credential.thumbprint_sha256 == thumbprint and credential.is_live(evidence.now_ms):
            walk.credential = credential
            return
    about = about_key_set(evidence.registered)
    if about is None:
        raise ClientAuthenticationFailed("self_signed_tls_client_auth.registered", thumbprint_sha256=thumbprint)
    found = bool(evidence.registered.certificates)
    check = "self_signed_tls_client_auth.registered" if found else "self_signed_tls_client_auth.key_set"
    raise ClientAuthenticationFailed(check, thumbprint_sha256=thumbprint, key_set=about)


RULES: tuple[Rule[CertificateWalk], ...] = (
    READ_LEAF,
    Rule(
        name="registered",
        demands="a live credential of the client, or a JWK of its set, is this very certificate",
        clause="RFC 8705 2.2",
        check=_check_registered,
        needs=("certificate",),
    ),
    Rule(
        name="validity",
        demands="it is valid now",
        clause="RFC 5280 6.1.3 (a) (2)",
        check=lambda walk: check_certificate_life(leaf_of(walk), walk.evidence.now_ms),
        needs=("certificate",),
    ),
)
"""The checks in order; the first that fails refuses."""
_CHECKS = tuple(rule.check for rule in RULES)
