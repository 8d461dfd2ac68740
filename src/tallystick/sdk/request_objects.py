"""Request objects: an authorization request that its application signs, so that nobody on the way can change it (RFC
9101), and encrypts to the server where nobody on the way shall read it."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from ..jose import jwe
from ..jose.encryption_algorithms import algs_of
from ..jose.keys import PublicKey, public_key_from_jwk
from ..jose.private_keys import AnyPrivateKey
from ..jose.refusals import KeyRefused
from ..jose.signer import Signer

TYP = "oauth-authz-req+jwt"
"""RFC 9101 10.8: so that no JWT made for something else passes for one."""
LIFETIME_S = 300
"""Long enough for a person to open the URL, or for the push; FAPI 2 Message Signing 5.3.1 allows an hour."""
DEFAULT_ENC = "A256GCM"
_NEVER_WITHIN = ("request", "request_uri")


def request_object(
    client_id: str,
    audience: str,
    parameters: Mapping[str, Any],
    key: AnyPrivateKey,
    alg: str,
    *,
    kid: str | None = None,
    lifetime_s: int = LIFETIME_S,
    now_ms: int,
    jti: str | None = None,
) -> str:
    """The signed request, good for one use. Raises :class:`KeyRefused` when the key does not fit ``alg``.

    ``audience`` is the issuer of the server, trailing slash included (RFC 9101 4). ``parameters`` are those of the
    request, ``client_id`` aside; ``claims`` may be an object, ``max_age`` a number (OpenID Connect Core 6.1).
    ValueError for ``request`` and ``request_uri``, which never stand within (RFC 9101 4). ``jti`` is for tests.
    """
    signer = Signer.named(kid, alg, key)
    if nested := [name for name in _NEVER_WITHIN if name in parameters]:
        raise ValueError(f"{nested[0]} cannot stand in a request object")
    issued_at_s = now_ms // 1000
    claims = {
        **parameters,
        "iss": client_id,
        "client_id": client_id,
        "aud": audience,
        "iat": issued_at_s,
        "nbf": issued_at_s,
        "exp": issued_at_s + lifetime_s,
        "jti": jti or secrets.token_urlsafe(32),
    }
    return signer.sign(msgspec.json.encode(claims), TYP)


@dataclass(frozen=True, slots=True)
class Recipient:
    """A server's key to encrypt to, and how."""

    key: PublicKey
    alg: str
    kid: str | None = None


def recipient_of(jwks: Iterable[Mapping[str, Any]], alg: str | None = None) -> Recipient:
    """The key of a server's key set that serves ``alg``, else the first that serves anything.

    Raises :class:`KeyRefused` where there is none.
    """
    for jwk in jwks:
        served = algs_of(str(jwk.get("alg")))
        chosen = alg or served[0]
        if chosen in served and chosen in jwe.KEY_ALGS:
            return Recipient(public_key_from_jwk(jwk, use="enc"), chosen, jwk.get("kid"))
    raise KeyRefused("The server publishes no key to encrypt to.", check="key.use", alg=alg)


def encrypted(request_object: str, recipient: Recipient, enc: str = DEFAULT_ENC) -> str:
    """The signed request for that server's eyes alone (RFC 9101 6.1). KeyError for an ``enc`` that there is not."""
    content = request_object.encode("ascii")
    return jwe.encrypt(content, recipient.key, alg=recipient.alg, enc=enc, kid=recipient.kid)
