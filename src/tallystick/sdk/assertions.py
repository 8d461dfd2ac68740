"""Client assertions: the JWT by which an application proves that it holds its private key (RFC 7523 2.2 and 3)."""

from __future__ import annotations

import secrets

import msgspec

from ..jose.private_keys import AnyPrivateKey
from ..jose.signer import Signer

LIFETIME_S = 60
"""A minute covers clocks that differ and a slow network; the server refuses more than five."""


def client_assertion(
    client_id: str,
    audience: str,
    key: AnyPrivateKey,
    alg: str,
    *,
    kid: str | None = None,
    lifetime_s: int = LIFETIME_S,
    now_ms: int,
    jti: str | None = None,
) -> str:
    """A fresh assertion, good for one use. Raises :class:`KeyRefused` when the key does not fit ``alg``.

    ``audience`` is the issuer of the server, trailing slash included: rfc7523bis section 4 and FAPI 2 want it as one
    string. ``alg`` may be ``EdDSA`` for servers that do not know RFC 9864's ``Ed25519``. ``jti`` is for tests.
    """
    signer = Signer.named(kid, alg, key)
    issued_at_s = now_ms // 1000
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "iat": issued_at_s,
        "exp": issued_at_s + lifetime_s,
        "jti": jti or secrets.token_urlsafe(32),
    }
    return signer.sign(msgspec.json.encode(claims))
