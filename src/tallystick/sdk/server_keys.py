"""The keys by which a server signs, and the JWTs that are verified with them: ID tokens, signed answers, access tokens.

A key that cannot be used is passed over (RFC 7517 5), so that one new kind of key breaks nobody. Who lacks a key asks
for the set again: `back_channel` for applications, `api.authorization_server` for APIs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ..jose import jwe, jwt
from ..jose.algorithms import ALGORITHMS, canonical_alg
from ..jose.claims import VerifiedClaims
from ..jose.keys import PublicKey, public_key_from_jwk
from ..jose.private_keys import AnyPrivateKey
from ..jose.refusals import JwtRefused, KeyRefused

SIZE_BYTES_MAX = 65_536
"""An answer with three tokens is a tenth of it."""
KEYS_MAX = 100
"""Of one set; more is no honest server's."""
UNKNOWN = "jwt.kid"
"""The check of a refusal that newer keys may mend."""


class PublishedKey(msgspec.Struct, frozen=True):
    """One key of the server's set, for signatures."""

    kid: str | None
    alg: str | None
    """Canonical; None where the set leaves it to the key's type."""
    key: PublicKey

    def may_verify(self, alg: str) -> bool:
        """Whether a token signed with ``alg`` (canonical) can be of this key."""
        key = self.key
        return self.alg in (None, alg) and ALGORITHMS[alg].fits(key.kty, key.crv, key.bits)


class KeySet(msgspec.Struct, frozen=True, eq=False):
    """What the server signs with now."""

    keys: tuple[PublishedKey, ...]

    def find(self, kid: str | None, alg: str) -> PublishedKey | None:
        """The one key that fits; None where there is none, or more than one (RFC 7515 4.1.4 leaves it to us).

        A header may leave ``kid`` out where only one key can be meant (OpenID Connect Core 10.1).
        """
        fitting = [key for key in self.keys if (kid is None or key.kid == kid) and key.may_verify(alg)]
        return fitting[0] if len(fitting) == 1 else None

    def verified(self, parsed: jwt.UnverifiedJwt) -> VerifiedClaims:
        """What one of the keys signed. Raises :class:`JwtRefused`, with :data:`UNKNOWN` where none is the one."""
        found = self.find(parsed.kid, parsed.alg)
        if found is None:
            raise JwtRefused("The server publishes no such key.", check=UNKNOWN, kid=(parsed.kid or "")[:64])
        return jwt.verify(parsed, found.key, parsed.alg)


def key_set(listed: object) -> KeySet:
    """The usable ones of a JWK Set's ``keys``; ValueError for what is no list of them."""
    if not isinstance(listed, list) or len(listed) > KEYS_MAX:
        raise ValueError("not a JWK Set")
    return KeySet(tuple(_usable(listed)))


def parsed_from(text: str) -> jwt.UnverifiedJwt:
    """A JWT that a server sent, taken apart. Raises :class:`JwtRefused`."""
    return jwt.parse(text, size_bytes_max=SIZE_BYTES_MAX)


@dataclass(frozen=True, slots=True)
class Decryption:
    """The key to which a server encrypts what is for this application or API, and how (RFC 7516 4.1.1)."""

    key: AnyPrivateKey = field(repr=False)
    alg: str


def decrypted(token: str, decryption: Decryption | None) -> str:
    """The signed JWT in an encrypted one; the token itself where nothing is to be encrypted.

    Raises :class:`JwtRefused`, also for one that is only signed where it has to be encrypted.
    """
    if decryption is None:
        return token
    content = jwe.decrypt(jwe.parse(token, size_bytes_max=SIZE_BYTES_MAX), decryption.key, decryption.alg)
    try:
        return content.decode("ascii")
    except UnicodeDecodeError as error:
        raise JwtRefused("The token is malformed.", check="jwt.base64") from error


def _usable(jwks: Iterable[Any]) -> Iterable[PublishedKey]:
    for jwk in jwks:
        if not isinstance(jwk, dict):
            continue
        kid, alg = jwk.get("kid"), jwk.get("alg")
        if alg is not None and canonical_alg(alg) is None:
            continue
        try:
            key = public_key_from_jwk(jwk)
        except KeyRefused:
            continue
        yield PublishedKey(kid if isinstance(kid, str) else None, canonical_alg(alg), key)
