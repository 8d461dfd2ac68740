"""Why a request with a token was refused: the server's own rules, walked here over what was handed on.

The server tells the API no more than a code. Here the token, the proof and the certificate are all in hand, so the same
rules (`sender`) find the same check, and `explanations` has its sentence. Nothing is decided by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .moments import in_utc
from .output import cell

if TYPE_CHECKING:
    from ..sdk.introspecting import Received


def why_refused(token: str, received: Received, now_ms: int) -> str:
    """The check that fails, and what to do; empty where all of it holds, as far as can be seen from here."""
    from ..certs.refusals import CertificateRefused
    from ..errors import OAuthError
    from ..sender.possession import check
    from ..sender.proof import verified

    claims = claims_of(token)
    try:
        possession = _possession(token, received, now_ms)
        if claims is None:
            # What an opaque token is bound to, the server alone knows.
            verified(possession.proof_headers, possession.expected)
        else:
            check(claims.get("cnf"), token, possession)
    except (OAuthError, CertificateRefused) as refused:
        return explained(refused.check, refused.evidence)
    return ""


def end_of(token: str, now_ms: int) -> str:
    """That a JWT is over, by what it says itself; empty for any other token."""
    exp = (claims_of(token) or {}).get("exp")
    if not isinstance(exp, int | float) or not 0 < exp <= now_ms / 1000:
        return ""
    return f"by its own exp it was over at {in_utc(exp)}"


def claims_of(token: str) -> dict[str, Any] | None:
    """What a JWT says, unverified; None for what is none."""
    from ..jose import jwt
    from ..jose.refusals import JwtRefused

    try:
        return jwt.parse_access_token(token).claims.members
    except JwtRefused:
        return None


def _possession(token: str, received: Received, now_ms: int) -> Any:
    from ..certs.handed_on import der_of
    from ..sender.possession import Possession
    from ..sender.proof_walk import Expected

    url = received.url.partition("#")[0].partition("?")[0]
    return Possession(
        scheme=received.scheme.lower(),
        proof_headers=() if received.proof is None else (str(received.proof).encode(),),
        peer_certificates=() if received.certificate is None else (der_of(received.certificate),),
        expected=Expected(method=received.method, urls=(url,), now_ms=now_ms, access_token=token),
    )


def explained(check: str, evidence: Mapping[str, Any]) -> str:
    """A check with what was there, and what to do about it."""
    from ..explanations.table import hint_for

    hint = hint_for(check)
    shown = ", ".join(f"{name} {cell(value)}" for name, value in evidence.items())
    return f"{check}{f' ({shown})' if shown else ''}: {hint.says}" if hint else check
