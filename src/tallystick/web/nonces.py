"""The header by which an answer hands out a nonce for the next DPoP proof (RFC 9449 8)."""

from __future__ import annotations

from ..errors import OAuthError
from ..sender.proof_walk import VerifiedProof
from ..sender.refusals import NonceWanted
from .answers import Headers


def nonce_headers(proof: VerifiedProof | None, error: OAuthError | None = None) -> Headers:
    """``DPoP-Nonce``, where the refusal asks for one, or the proof has one that is not handed out any more."""
    if isinstance(error, NonceWanted):
        return [(b"dpop-nonce", error.nonce.encode())]
    if proof is None or proof.next_nonce is None:
        return []
    return [(b"dpop-nonce", proof.next_nonce.encode())]
