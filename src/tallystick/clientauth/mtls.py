"""What both mTLS methods share: the certificate that the client showed in the handshake of this connection.

Possession of its key was proven by the handshake; here it is only read. The leaf alone is the client's identity
(attacks.md 21, CVE-2023-2422); the rest of the chain can help to reach an anchor.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from ..certs.certificate import Certificate, certificate_from_der
from ..certs.chain import ChainWalk
from ..clients.credential import Credential
from ..errors import Refused
from ..rules import Rule
from .method import ClientAuthenticationFailed, Evidence


class CertificateWalk(msgspec.Struct, kw_only=True):
    """How far one shown certificate got."""

    evidence: Evidence
    leaf: Certificate | None = None
    chain: ChainWalk | None = None
    credential: Credential | None = None
    """What names or is the certificate."""


def walked(evidence: Evidence, checks: Sequence[Callable[[CertificateWalk], None]]) -> CertificateWalk:
    """The walk at its end; raises ClientAuthenticationFailed where it went no further."""
    walk = CertificateWalk(evidence=evidence)
    try:
        for check in checks:
            check(walk)
    except ClientAuthenticationFailed:
        raise
    except Refused as refusal:
        raise ClientAuthenticationFailed(refusal.check, **refusal.evidence) from None
    return walk


def _read_leaf(walk: CertificateWalk) -> None:
    evidence = walk.evidence
    if not evidence.peer_certificates:
        raise ClientAuthenticationFailed("mtls.certificate_missing")
    walk.leaf = _read(evidence.peer_certificates[0])


def _read_presented(walk: CertificateWalk) -> None:
    """What the client showed beside its own certificate; unreadable ones refuse the whole."""
    presented = [_read(der) for der in walk.evidence.peer_certificates[1:]]
    walk.chain = ChainWalk(leaf=leaf_of(walk), presented=presented, now_ms=walk.evidence.now_ms)


def leaf_of(walk: CertificateWalk) -> Certificate:
    """The certificate that must be the client's, once the rule `certificate` has read it."""
    assert walk.leaf is not None  # noqa: S101 - the rule `certificate` refuses without one
    return walk.leaf


def _read(der: bytes) -> Certificate:
    try:
        return certificate_from_der(der)
    except Refused as refusal:
        raise ClientAuthenticationFailed(refusal.check, **refusal.evidence) from None


READ_LEAF: Rule[CertificateWalk] = Rule(
    name="certificate",
    demands="the connection shows a readable version 3 certificate",
    clause="RFC 8705 2, RFC 5280 4.1",
    check=_read_leaf,
)
READ_PRESENTED: Rule[CertificateWalk] = Rule(
    name="presented",
    demands="so are those shown beside it",
    clause="RFC 8446 4.4.2, RFC 5280 4.1",
    check=_read_presented,
    needs=("certificate",),
)
