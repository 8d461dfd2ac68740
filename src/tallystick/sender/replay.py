"""A proof is used once: what is spent for it (RFC 9449 11.1)."""

from __future__ import annotations

from ..onetime import OneTimeValue
from .proof_claims import AGE_MS_MAX, SKEW_MS
from .proof_walk import VerifiedProof

PURPOSE = "dpop_proof"


def one_time_of(tenant_id: str, proof: VerifiedProof) -> OneTimeValue:
    """What the proof spends, under its key: nobody can spend another's."""
    return OneTimeValue(
        tenant_id=tenant_id,
        purpose=PURPOSE,
        subject=proof.jkt,
        value=proof.jti,
        # Afterwards its age alone refuses it.
        expires_at_ms=proof.issued_at_ms + AGE_MS_MAX + SKEW_MS,
        issued_at_ms=proof.issued_at_ms,
    )
