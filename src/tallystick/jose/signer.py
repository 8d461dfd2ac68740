"""The signer: makes JWTs with one private key. The header is encoded once per ``typ``."""

from __future__ import annotations

from binascii import b2a_base64

import msgspec

from .algorithms import ALGORITHMS, canonical_alg
from .base64url import encode
from .private_keys import AnyPrivateKey, public_key_for
from .refusals import KeyRefused

_TO_URL = bytes.maketrans(b"+/", b"-_")


class Signer:
    """Signs with one key and one algorithm.

    ``header_alg`` is what the header says where it differs from the canonical name: ``EdDSA`` for receivers that do
    not know RFC 9864 yet. ``shows_key`` puts the public key into the header (RFC 7515 4.1.3), for receivers that are to
    learn it there, as with DPoP.
    """

    __slots__ = ("_header_alg", "_headers", "_jwk", "_key", "_sign", "alg", "kid")

    def __init__(
        self,
        kid: str | None,
        alg: str,
        private_key: AnyPrivateKey,
        *,
        header_alg: str | None = None,
        shows_key: bool = False,
    ) -> None:
        entry = ALGORITHMS[alg]
        public = public_key_for(private_key)
        if not entry.fits(public.kty, public.crv, public.bits):
            raise KeyRefused(f"The key does not fit {alg}.", check="key.alg", alg=alg, kty=public.kty, bits=public.bits)
        self.kid = kid
        self.alg = alg
        self._header_alg = header_alg or alg
        self._key = private_key
        self._jwk = public.jwk if shows_key else None
        self._sign = entry.sign
        self._headers: dict[str | None, bytes] = {}

    @classmethod
    def named(cls, kid: str | None, alg: str, private_key: AnyPrivateKey, *, shows_key: bool = False) -> Signer:
        """For an ``alg`` as headers spell it, which may be ``EdDSA``. Raises KeyRefused where there is none such."""
        canonical = canonical_alg(alg)
        if canonical is None:
            raise KeyRefused("There is no such signature algorithm.", check="key.alg", alg=alg[:32])
        return cls(kid, canonical, private_key, header_alg=alg, shows_key=shows_key)

    def __repr__(self) -> str:
        return f"Signer(kid={self.kid!r}, alg={self.alg!r})"

    def sign(self, claims: bytes, typ: str | None = "JWT") -> str:
        """The compact JWS over ``claims`` (JSON as UTF-8). ``typ`` is one of our own, never a stranger's text."""
        header = self._headers.get(typ)
        if header is None:
            header = self._headers[typ] = self._encode_header(typ)
        body = b2a_base64(claims, newline=False).rstrip(b"=").translate(_TO_URL)
        signing_input = header + body
        return f"{signing_input.decode('ascii')}.{encode(self._sign(self._key, signing_input))}"

    def _encode_header(self, typ: str | None) -> bytes:
        members = {"alg": self._header_alg, "typ": typ, "kid": self.kid, "jwk": self._jwk}
        encoded = msgspec.json.encode({name: value for name, value in members.items() if value is not None})
        return encode(encoded).encode("ascii") + b"."
