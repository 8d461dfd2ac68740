"""One DPoP proof (RFC 9449 4.2): a JWT that the holder of a key signs for one request.

:data:`RULES` is the whole of what is asked of it, in order (RFC 9449 4.3); :func:`verified` ends at the first that
fails. That it is used once is the caller's to see, last: `sender.replay`.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..jose.jwt import parse
from ..jose.refusals import JwtRefused
from .proof_claims import CLAIM_RULES
from .proof_key import KEY_RULES
from .proof_walk import Expected, ProofWalk, VerifiedProof
from .refusals import ProofRefused

PROOF_BYTES_MAX = 8192
"""Room for a key and a signature of RSA with 8192 bits."""

RULES = (*KEY_RULES, *CLAIM_RULES)
"""The checks in order; the first that fails refuses."""
_CHECKS = tuple(rule.check for rule in RULES)


def verified(headers: Sequence[bytes], expected: Expected) -> VerifiedProof | None:
    """What the one ``DPoP`` header of a request proves; None without any. Raises :class:`ProofRefused`."""
    if not headers:
        return None
    header, *others = headers
    if others:
        raise ProofRefused("dpop.once", count=len(headers))
    try:
        walk = walk_of(header.decode("latin-1"), expected)
        for check in _CHECKS:
            check(walk)
    except JwtRefused as refusal:
        raise ProofRefused(refusal.check, **refusal.evidence) from None
    return proven(walk)


def walk_of(text: str, expected: Expected) -> ProofWalk:
    """The walk at its beginning; raises JwtRefused for what is no well-formed JWT."""
    jwt = parse(text, size_bytes_max=PROOF_BYTES_MAX)
    return ProofWalk(expected=expected, jwt=jwt, claims=jwt.claims)


def proven(walk: ProofWalk) -> VerifiedProof:
    """What is known at the end of the walk."""
    assert walk.key is not None  # noqa: S101 - the key's rule refuses without one
    return VerifiedProof(
        jkt=walk.key.thumbprint,
        jti=walk.jti,
        issued_at_ms=walk.issued_at_ms,
        next_nonce=walk.next_nonce,
    )
