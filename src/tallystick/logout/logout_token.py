"""The logout token: tells an application that a session is over (OpenID Connect Back-Channel Logout 1.0, 2.4). Pure."""

from __future__ import annotations

from ..records import Json

TYP = "logout+jwt"
"""2.4: so that no other kind of JWT passes for one, nor this one for an ID token."""
LIFETIME_S = 120
"""2.4 recommends at most two minutes: whoever waits longer is told anew."""
EVENT = "http://schemas.openid.net/event/backchannel-logout"


def logout_token_claims(*, issuer: str, client_id: str, subject: str, session_id: str, jti: str, now_ms: int) -> Json:
    """The claims. Never a ``nonce``: with one, it could pass for an ID token."""
    issued_at_s = now_ms // 1000
    return {
        "iss": issuer,
        "sub": subject,
        "aud": client_id,
        "iat": issued_at_s,
        "exp": issued_at_s + LIFETIME_S,
        "jti": jti,
        "sid": session_id,
        "events": {EVENT: {}},
    }
