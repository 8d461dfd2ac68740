"""Signed answers to authorization requests (JARM): read, and believed only when all of it holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hmac import compare_digest
from typing import Any

from ..jose.private_keys import AnyPrivateKey
from ..jose.refusals import JwtRefused
from .server_keys import decrypted, verified

_ABOUT_ITSELF = frozenset({"iss", "aud", "exp"})


def authorization_response(
    response: str,
    jwks: Iterable[Mapping[str, Any]],
    *,
    issuer: str,
    client_id: str,
    state: str | None,
    now_ms: int,
    decryption_key: AnyPrivateKey | None = None,
    decryption_alg: str | None = None,
) -> dict[str, Any]:
    """What the answer says: ``code``, or ``error`` and ``error_description``, and ``state`` (JARM 2.4).

    ``response`` is the parameter of that name, ``jwks`` the ``keys`` of the server's key set, ``issuer`` the server
    that was asked, ``state`` what was sent to it. ``decryption_key`` and ``decryption_alg`` are for answers that the
    client wants encrypted: with them one that is only signed is refused. Raises :class:`JwtRefused` for what does not
    hold, and ``KeyRefused`` for a published key that is none.
    """
    if decryption_key is not None:
        response = decrypted(response, decryption_key, str(decryption_alg))
    claims = verified(response, jwks)
    if claims.string("iss") != issuer:
        raise JwtRefused("The answer comes from another server.", check="jwt.claim.iss")
    if claims.audience() not in (client_id, (client_id,)):
        raise JwtRefused("The answer is for another application.", check="jwt.claim.aud")
    expires_at_ms = claims.numeric_date_ms("exp")
    if expires_at_ms is None or now_ms >= expires_at_ms:
        raise JwtRefused("The answer is over.", check="jwt.claim.exp")
    if not compare_digest(str(claims.members.get("state", "")).encode(), (state or "").encode()):
        raise JwtRefused("The answer is to another request.", check="jwt.claim.state")
    return {name: value for name, value in claims.members.items() if name not in _ABOUT_ITSELF}
