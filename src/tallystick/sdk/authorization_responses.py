"""Signed answers to authorization requests (JARM): read, and believed only when all of it holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hmac import compare_digest
from typing import Any

from ..jose import jwe, jwt
from ..jose.claims import VerifiedClaims
from ..jose.keys import public_key_from_jwk
from ..jose.private_keys import AnyPrivateKey
from ..jose.refusals import JwtRefused

SIZE_BYTES_MAX = 65_536
"""An answer with three tokens is a tenth of it."""
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
        response = _decrypted(response, decryption_key, str(decryption_alg))
    claims = _verified(response, jwks)
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


def _decrypted(response: str, key: AnyPrivateKey, alg: str) -> str:
    content = jwe.decrypt(jwe.parse(response, size_bytes_max=SIZE_BYTES_MAX), key, alg)
    try:
        return content.decode("ascii")
    except UnicodeDecodeError as error:
        raise JwtRefused("The token is malformed.", check="jwt.base64") from error


def _verified(response: str, jwks: Iterable[Mapping[str, Any]]) -> VerifiedClaims:
    """With the one published key that the header names, and the algorithm that is published with it."""
    parsed = jwt.parse(response, size_bytes_max=SIZE_BYTES_MAX)
    named = [jwk for jwk in jwks if jwk.get("kid") == parsed.kid and jwk.get("use", "sig") == "sig"]
    if parsed.kid is None or len(named) != 1:
        raise JwtRefused("The server publishes no such key.", check="jwt.kid", kid=parsed.kid)
    return jwt.verify(parsed, public_key_from_jwk(named[0]), str(named[0].get("alg") or parsed.alg))
