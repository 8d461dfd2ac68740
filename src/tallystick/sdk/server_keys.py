"""JWTs that a server signs, verified with what it publishes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..jose import jwe, jwt
from ..jose.claims import VerifiedClaims
from ..jose.keys import public_key_from_jwk
from ..jose.private_keys import AnyPrivateKey
from ..jose.refusals import JwtRefused

SIZE_BYTES_MAX = 65_536
"""An answer with three tokens is a tenth of it."""
UNKNOWN = "jwt.kid"
"""The check of a refusal that newer keys may mend."""


@dataclass(frozen=True, slots=True)
class Decryption:
    """The key to which a server encrypts what is for this application, and how."""

    key: AnyPrivateKey = field(repr=False)
    alg: str


def verified(token: str, jwks: Iterable[Mapping[str, Any]]) -> VerifiedClaims:
    """With the one published key that the header names, and the algorithm that is published with it.

    A header may leave the name out where only one key can be meant (OpenID Connect Core 10.1). Raises
    :class:`JwtRefused`, and ``KeyRefused`` for a published key that is none.
    """
    parsed = jwt.parse(token, size_bytes_max=SIZE_BYTES_MAX)
    named = [jwk for jwk in jwks if jwk.get("use", "sig") == "sig" and parsed.kid in (None, jwk.get("kid"))]
    if len(named) != 1:
        raise JwtRefused("The server publishes no such key.", check=UNKNOWN, kid=parsed.kid)
    return jwt.verify(parsed, public_key_from_jwk(named[0]), str(named[0].get("alg") or parsed.alg))


def decrypted(token: str, key: AnyPrivateKey, alg: str) -> str:
    """The signed JWT in an encrypted one. Raises :class:`JwtRefused`, also for one that is only signed."""
    content = jwe.decrypt(jwe.parse(token, size_bytes_max=SIZE_BYTES_MAX), key, alg)
    try:
        return content.decode("ascii")
    except UnicodeDecodeError as error:
        raise JwtRefused("The token is malformed.", check="jwt.base64") from error
