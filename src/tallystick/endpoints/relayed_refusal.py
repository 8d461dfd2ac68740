"""What an API answers to a request that was refused for it: status, code, and a ready challenge. Pure.

RFC 6750 3, RFC 9449 7.1, RFC 9470 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import OAuthError
from ..records import Json
from ..sender.binding import DPOP, MEMBERS
from ..sender.challenge import challenge
from ..sender.possession import BEARER, DPOP_SCHEME
from ..sender.refusals import NonceWanted, ProofRefused
from ..tokens.demands import Unmet


def refusal_of(refusal: OAuthError, confirmation: Mapping[str, Any] | None) -> Json:
    """The member ``proof`` of an answer: why the API refuses a request with a token that is bound by ``confirmation``.

    ``status`` and ``challenge`` are what it answers with, ``dpop_nonce`` goes into its header ``DPoP-Nonce``.
    """
    is_dpop = confirmation is not None and MEMBERS[DPOP] in confirmation
    about = {"error": refusal.code, "error_description": refusal.description}
    told = refusal.told if isinstance(refusal, Unmet) else {}
    answer: Json = {
        **about,
        # RFC 9449 7.1: at a resource a bad proof is a 401.
        "status": 401 if isinstance(refusal, ProofRefused) else refusal.status,
        "challenge": challenge(DPOP_SCHEME if is_dpop else BEARER, {**about, **told}),
    }
    if isinstance(refusal, NonceWanted):
        answer["dpop_nonce"] = refusal.nonce
    return answer
