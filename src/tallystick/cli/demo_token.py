"""One token of the demo: obtained, verified as an API would, and compared with what it must be bound to."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from .demo_setup import Applicant
from .exits import Failed
from .remote import Remote

TOKEN_BYTES_MAX = 16_384
EVERYWHERE_S = 0.5
"""What the Management API has acknowledged holds in every worker after that long."""
PAUSE_S = 0.05


def obtain(remote: Remote, applicant: Applicant) -> dict[str, Any]:
    """The token of an applicant with all that was found in it; Failed when anything is not as it should be."""
    door = Remote(remote.server, applicant.identity)
    try:
        token = str(once_known(lambda: door.token(applicant.audience))["access_token"])
        header, claims = verified(token, door.jwks())
    finally:
        door.close()
    dpop = applicant.identity.dpop
    jkt = dpop.jkt if dpop else None
    check_binding(claims, applicant.thumbprint, jkt)
    return {
        "method": applicant.identity.method.name,
        "client_id": applicant.identity.client_id,
        "access_token": token,
        "header": header,
        "claims": claims,
        "thumbprint": applicant.thumbprint,
        "jkt": jkt,
    }


def once_known(ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The answer, as soon as every worker can know what was just registered."""
    deadline_s = time.monotonic() + EVERYWHERE_S
    while True:
        try:
            return ask()
        except Failed:
            if time.monotonic() >= deadline_s:
                raise
            time.sleep(PAUSE_S)


def verified(token: str, jwks: list[dict[str, Any]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims, the signature checked with the published key that the header names."""
    from ..jose import jwt
    from ..jose.keys import public_key_from_jwk
    from ..jose.refusals import JwtRefused, KeyRefused

    try:
        parsed = jwt.parse(token, size_bytes_max=TOKEN_BYTES_MAX)
        jwk = next((jwk for jwk in jwks if jwk.get("kid") == parsed.kid), None)
        if jwk is None:
            raise Failed(f"the server publishes no key {parsed.kid}")
        claims = jwt.verify(parsed, public_key_from_jwk(jwk), str(jwk.get("alg") or parsed.alg))
    except (JwtRefused, KeyRefused) as refused:
        raise Failed(f"the access token does not hold: {refused.description}") from refused
    return parsed.header, claims.members


def check_binding(claims: dict[str, Any], thumbprint: str | None, jkt: str | None = None) -> None:
    """The token names the certificate (RFC 8705 3.1) or the key (RFC 9449 6.1) it was given to, and nothing else."""
    for member, shown in (("x5t#S256", thumbprint), ("jkt", jkt)):
        bound_to = (claims.get("cnf") or {}).get(member)
        if bound_to != shown:
            raise Failed(f"the token is bound to {bound_to}, and should be to {shown}")
