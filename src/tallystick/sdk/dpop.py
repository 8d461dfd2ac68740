"""DPoP proofs: JWTs by which each request shows that its sender holds the key that a token is bound to (RFC 9449)."""

from __future__ import annotations

import secrets
from hashlib import sha256

import msgspec

from ..jose import base64url
from ..jose.keys import PublicKey
from ..jose.private_keys import AnyPrivateKey, generate_private_key, public_key_for
from ..jose.signer import Signer
from .keys import default_alg

TYP = "dpop+jwt"
"""RFC 9449 4.2."""
_RSA_ALG = "PS256"
"""For RSA keys, where nothing else is said: FAPI 2 (5.4.1) knows no PKCS #1 v1.5."""


class DpopKey:
    """A key to bind tokens to. One for each application and person: who sees two requests with it knows that they
    are of one sender.

    ``alg`` is by the key where it is left out. Raises :class:`KeyRefused` when the key does not fit ``alg``.
    """

    __slots__ = ("_public", "_signer", "private_key")

    def __init__(self, private_key: AnyPrivateKey, alg: str | None = None) -> None:
        self._public = public_key_for(private_key)
        alg = alg or (_RSA_ALG if self._public.kty == "RSA" else default_alg(private_key))
        self._signer = Signer.named(None, alg, private_key, shows_key=True)
        self.private_key = private_key

    @classmethod
    def generate(cls, alg: str = "ES256") -> DpopKey:
        """With a fresh key. KeyError for an algorithm that there is not."""
        return cls(generate_private_key(alg), alg)

    def __repr__(self) -> str:
        return f"DpopKey(jkt={self.jkt!r}, alg={self.alg!r})"

    @property
    def alg(self) -> str:
        """The algorithm, by its canonical name."""
        return self._signer.alg

    @property
    def public_key(self) -> PublicKey:
        """What every proof shows."""
        return self._public

    @property
    def jkt(self) -> str:
        """The thumbprint that tokens name in ``cnf.jkt``, and a request in ``dpop_jkt`` (RFC 9449 6.1, 10)."""
        return self._public.thumbprint

    def proof(
        self,
        method: str,
        url: str,
        *,
        now_ms: int,
        access_token: str | None = None,
        nonce: str | None = None,
        jti: str | None = None,
    ) -> str:
        """A fresh proof, the value of the header ``DPoP`` of one request (RFC 9449 4.2).

        ``method`` as it is sent; of ``url`` query and fragment are left out. ``access_token`` is the token that goes
        with the request, ``nonce`` what the server that gets it said last in ``DPoP-Nonce``. ``jti`` is for tests.
        """
        claims = {
            "jti": jti or secrets.token_urlsafe(24),
            "htm": method,
            "htu": htu_of(url),
            "iat": now_ms // 1000,
        }
        if access_token is not None:
            claims["ath"] = ath_of(access_token)
        if nonce is not None:
            claims["nonce"] = nonce
        return self._signer.sign(msgspec.json.encode(claims), TYP)


def htu_of(url: str) -> str:
    """The URL as a proof names it: the target of the request, without query, fragment, or a name to log in with.

    An empty path is written as the slash that is sent (RFC 9110 4.2.3).
    """
    scheme, _, rest = url.partition("#")[0].partition("?")[0].partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}://{authority.rpartition('@')[2]}{slash or '/'}{path}"


def ath_of(access_token: str) -> str:
    """The hash by which a proof names the token it goes with."""
    return base64url.encode(sha256(access_token.encode()).digest())
