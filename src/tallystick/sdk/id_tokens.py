"""ID tokens: who signed in, how and when; believed only when all of it holds (OpenID Connect Core 3.1.3.7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hmac import compare_digest
from typing import Any

from ..jose.refusals import JwtRefused
from .server_keys import verified

LEEWAY_MS = 30_000
"""How far clocks may differ."""


def id_token_claims(
    id_token: str,
    jwks: Iterable[Mapping[str, Any]],
    *,
    issuer: str,
    client_id: str,
    nonce: str | None,
    now_ms: int,
    max_age_s: int | None = None,
) -> dict[str, Any]:
    """What it says, for this application and this sign-in.

    ``jwks`` are the ``keys`` of the server's key set. ``nonce`` is what the request had, None for a token that came
    with a refresh (12.2). With ``max_age_s`` the person must have signed in within it. Raises :class:`JwtRefused`.
    """
    claims = verified(id_token, jwks)
    audience = claims.audience()
    audiences = (audience,) if isinstance(audience, str) else audience or ()
    expires_at_ms = claims.numeric_date_ms("exp")
    signed_in_at_ms = claims.numeric_date_ms("auth_time")
    oldest_ms = None if max_age_s is None else now_ms - max_age_s * 1000 - LEEWAY_MS
    held = {
        "iss": claims.string("iss") == issuer,
        "sub": claims.string("sub") is not None,
        "aud": client_id in audiences,
        # Several audiences: who asked for it must be named (3.1.3.7, 4 and 5).
        "azp": claims.string("azp") == client_id if "azp" in claims.members else len(audiences) == 1,
        "exp": expires_at_ms is not None and now_ms < expires_at_ms + LEEWAY_MS,
        "nonce": nonce is None or compare_digest(str(claims.string("nonce")).encode(), nonce.encode()),
        "auth_time": oldest_ms is None or (signed_in_at_ms is not None and signed_in_at_ms >= oldest_ms),
    }
    for name, holds in held.items():
        if not holds:
            raise JwtRefused("The ID token is not for this application and sign-in.", check=f"jwt.claim.{name}")
    return claims.members
