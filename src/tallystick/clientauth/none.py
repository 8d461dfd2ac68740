"""``none``: a public client says who it is and proves nothing."""

from __future__ import annotations

from .method import Evidence, Proof


def verify(evidence: Evidence) -> Proof:
    """Nothing to verify: what a public client may do is decided by its grants, never by who it claims to be."""
    return Proof()
