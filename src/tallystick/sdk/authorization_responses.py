"""Signed answers to authorization requests (JARM): read, and believed only when all of it holds."""

from __future__ import annotations

from collections.abc import Collection
from hmac import compare_digest
from typing import Any

from ..jose.algorithms import ALGORITHMS
from ..jose.refusals import JwtRefused
from .server_keys import Decryption, KeySet, decrypted, parsed_from

_ABOUT_ITSELF = frozenset({"iss", "aud", "exp"})


def authorization_response(
    response: str,
    keys: KeySet,
    *,
    issuer: str,
    client_id: str,
    state: str | None,
    now_ms: int,
    decryption: Decryption | None = None,
    algorithms: Collection[str] = tuple(ALGORITHMS),
) -> dict[str, Any]:
    """What the answer says: ``code``, or ``error`` and ``error_description``, and ``state`` (JARM 2.4).

    ``response`` is the parameter of that name, ``keys`` what the server publishes (`server_keys.key_set`),
    ``issuer`` the server that was asked, ``state`` what was sent to it. ``decryption`` is for
    answers that the client wants encrypted: with it one that is only signed is refused. ``algorithms``: canonical
    names. Raises :class:`JwtRefused` for what does not hold.
    """
    parsed = parsed_from(decrypted(response, decryption))
    if parsed.alg not in algorithms:
        raise JwtRefused("The answer's algorithm is not acceptable.", check="jwt.alg", alg=parsed.alg)
    claims = keys.verified(parsed)
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
