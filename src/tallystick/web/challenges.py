"""Challenges: how a resource says what it wants to see (RFC 6750 3, RFC 9449 7.1, RFC 9728 5.1). Pure.

Both schemes are named, in one field (RFC 9110 11.6.1): the one that was used first, with what was wrong, and DPoP alone
where that was used; neither says anything of an error where no token was shown.
"""

from __future__ import annotations

import msgspec

from ..sender.challenge import SPELLED, challenge
from ..sender.possession import BEARER, DPOP_SCHEME
from .answers import Headers


class Challenge(msgspec.Struct, frozen=True, kw_only=True):
    """What a resource asks for."""

    error: str = ""
    """The code; empty where no token was shown."""
    scope: str = ""
    """What would be enough, where scopes were too few."""


def challenge_header(asked: Challenge, scheme: str, **about: str) -> Headers:
    """``WWW-Authenticate``. ``scheme`` is the one that the request used; ``about`` are parameters of both schemes, such
    as ``realm`` and ``resource_metadata``."""
    scheme = scheme if scheme in SPELLED else BEARER
    used = {"error": asked.error, "scope": asked.scope}
    # Whoever shows a proof wants to hear of that alone: some clients take a single challenge for the demand of a nonce.
    is_alone = scheme == DPOP_SCHEME and bool(asked.error)
    schemes = [scheme] if is_alone else sorted(SPELLED, key=lambda one: one != scheme)
    parts = [challenge(one, {**about, **(used if one == scheme else {})}) for one in schemes]
    return [(b"www-authenticate", ", ".join(parts).encode())]
