"""An application's keys: read whatever form they come in, and give away only the public half."""

from __future__ import annotations

from typing import Any

import msgspec

from ..jose.algorithms import algorithms_for
from ..jose.keys import PublicKey, jwk_of, public_key_from_text
from ..jose.private_keys import AnyPrivateKey, private_key_from_jwk, private_key_from_pem, public_key_for
from ..jose.refusals import KeyRefused


def read_private_key(text: str, password: bytes | None = None) -> AnyPrivateKey:
    """A private key from PEM (PKCS#8, PKCS#1, SEC1) or a JWK as JSON. Raises :class:`KeyRefused`."""
    if not text.lstrip().startswith("{"):
        return private_key_from_pem(text, password)
    try:
        jwk: dict[str, Any] = msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise KeyRefused("This is not a JWK.", check="key.json") from error
    return private_key_from_jwk(jwk)


def read_public_key(text: str) -> PublicKey:
    """The public key in ``text``: a public key, a certificate, or a private key, whose public half is taken.

    So that a private key named by mistake never travels. Raises :class:`KeyRefused`.
    """
    try:
        return public_key_from_text(text)
    except KeyRefused as refusal:
        if refusal.check != "private_key":
            raise
    return public_key_for(read_private_key(text))


def default_alg(key: AnyPrivateKey) -> str:
    """The algorithm that fits the key and that every server knows: RS256 for RSA, the curve's own otherwise."""
    public = public_key_for(key)
    return algorithms_for(public.kty, public.crv)[0]


def named_alg(text: str) -> str | None:
    """The ``alg`` that a JWK names itself, as it is spelled there; None for PEM and for one that names none."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        alg = msgspec.json.decode(text, type=dict[str, Any]).get("alg")
    except (msgspec.MsgspecError, UnicodeError):
        return None
    return alg if isinstance(alg, str) else None


def public_jwk(key: PublicKey, alg: str | None = None, kid: str | None = None) -> dict[str, str]:
    """The public key as a JWK for signatures; ``kid`` defaults to its RFC 7638 thumbprint."""
    jwk = {**jwk_of(key), "use": "sig", "kid": kid or key.thumbprint}
    return jwk if alg is None else {**jwk, "alg": alg}
