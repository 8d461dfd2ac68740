"""``tls_client_auth``: a certificate from an authority we trust, whose subject is registered (RFC 8705 2.1).

:data:`RULES` is the whole of it, in order; :func:`verify` ends at the first that fails, a debugger walks on. First the
names: exactly one registered, live subject, compared whole. Then the chain, by the rules of `certs.chain`, to the
authority the subject is pinned to, or any of the tenant's.

A proxy that ended the TLS may have checked the chain too. That it failed rules this method out, whatever else is set;
that it held stands in for the path alone, when the deployment says so and the subject is not pinned to one authority:
which one the proxy found is not known.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from ..certs import chain
from ..certs.certificate import Certificate
from ..certs.chain import ChainWalk
from ..certs.names import parse_dn, san_matches, subject_matches
from ..certs.verdict import CaVerdict
from ..clients.credential import (
    CERT_SAN_DNS,
    CERT_SAN_EMAIL,
    CERT_SAN_IP,
    CERT_SAN_URI,
    CERT_SUBJECT_DN,
    Credential,
)
from ..rules import Rule
from .method import ClientAuthenticationFailed, Evidence, Proof
from .mtls import READ_LEAF, READ_PRESENTED, CertificateWalk, leaf_of, walked

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
    walk = walked(evidence, _CHECKS)
    # What the rules `subject` and `path` leave behind; without both there is no proof.
    assert walk.credential is not None  # noqa: S101 - the rule `subject` refuses without one
    assert stood_in_for(walk) or chain_of(walk).path  # noqa: S101 - the rule `path` refuses without one
    return Proof(credential=walk.credential)


def chain_of(walk: CertificateWalk) -> ChainWalk:
    """The chain's own walk, once the rule `presented` has begun it."""
    assert walk.chain is not None  # noqa: S101 - the rule `presented` makes it or refuses
    return walk.chain


def stood_in_for(walk: CertificateWalk) -> bool:
    """Whether a proxy's check of the chain takes the place of ours."""
    evidence, credential = walk.evidence, walk.credential
    return (
        evidence.trust_proxy_verification
        and evidence.ca_verdict is CaVerdict.SUCCESS
        and credential is not None
        and credential.certificate_authority_id is None
    )


def _check_verdict(walk: CertificateWalk) -> None:
    if walk.evidence.ca_verdict is CaVerdict.FAILED:
        raise ClientAuthenticationFailed("tls_client_auth.proxy_verdict")


def _check_subject(walk: CertificateWalk) -> None:
    evidence, leaf = walk.evidence, leaf_of(walk)
    live = [credential for credential in evidence.registered.subjects if credential.is_live(evidence.now_ms)]
    for credential in live:
        if MATCHES[credential.credential_type](credential, leaf):
            walk.credential = credential
            return
    raise ClientAuthenticationFailed("tls_client_auth.subject", thumbprint_sha256=leaf.thumbprint, registered=len(live))


def _load_authorities(walk: CertificateWalk) -> None:
    """No authority registered means nobody is trusted (attacks.md 25)."""
    if stood_in_for(walk):
        return
    pinned = walk.credential.certificate_authority_id if walk.credential is not None else None
    trusted = walk.evidence.authorities.trusted_for(pinned)
    if not trusted:
        raise ClientAuthenticationFailed("tls_client_auth.no_authority", pinned=pinned)
    walked = chain_of(walk)
    walked.anchors = [authority.certificate for authority in trusted]
    walked.intermediates = [certificate for authority in trusted for certificate in authority.intermediates]


_STOOD_IN = frozenset({"anchors", "path"})
"""Rules of the chain that a proxy's success can stand in for; those about the leaf are always asked."""
_ALSO_NEEDS = {"anchors": ("authority",)}
"""The authorities are what the rule `authority` found."""


def _of_chain(rule: Rule[ChainWalk]) -> Rule[CertificateWalk]:
    of_chain: Callable[[Any], None] = rule.check

    def check(walk: CertificateWalk) -> None:
        if rule.name not in _STOOD_IN or not stood_in_for(walk):
            of_chain(walk.chain)

    return Rule(
        name=rule.name,
        demands=rule.demands,
        clause=rule.clause,
        check=check,
        needs=("presented", *_ALSO_NEEDS.get(rule.name, ()), *rule.needs),
    )


RULES: tuple[Rule[CertificateWalk], ...] = (
    READ_LEAF,
    READ_PRESENTED,
    Rule(
        name="verdict",
        demands="the proxy that handed it on, if there is one, does not say that the chain failed",
        clause="RFC 8705 2.1",
        check=_check_verdict,
        needs=("certificate",),
    ),
    Rule(
        name="subject",
        demands="one live credential of the client names the certificate, exactly",
        clause="RFC 8705 2.1.2",
        check=_check_subject,
        needs=("certificate",),
    ),
    Rule(
        name="authority",
        demands="the authority it must come from is registered",
        clause="RFC 8705 2.1, RFC 5280 6.1.1 (d)",
        check=_load_authorities,
        needs=("presented",),
    ),
    *map(_of_chain, chain.RULES),
)
"""The checks in order; the first that fails refuses."""
_CHECKS = tuple(rule.check for rule in RULES)
