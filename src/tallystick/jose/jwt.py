"""Signed JWTs in compact form (RFC 7515 7.1, RFC 7519): parsed strictly, then verified with a key that *we* chose.

    parse   size → three parts → canonical base64url → header and payload as JSON objects → header rules
    verify  the algorithm registered with the key = the one in the header → key fits it → signature

Nothing in a header ever names a key to us by value: ``jwk``, ``jku``, ``x5u`` and ``x5c`` are never read (attacks.md 7,
CVE-2026-27962); ``kid`` only picks among keys that are registered. Neither step looks at the time or at what the
claims mean; the methods that use them do.
"""

from __future__ import annotations

from typing import Any

import msgspec

from . import base64url
from .algorithms import ALGORITHMS, canonical_alg
from .claims import PROOF, UnverifiedClaims, VerifiedClaims
from .keys import PublicKey
from .refusals import JwtRefused
from .strict_json import MEMBERS_MAX, JsonRefused, decode_object

SIZE_BYTES_MAX = 2048
"""Auth0's limit for a client assertion (auth0.md 2.2)."""
ACCESS_TOKEN_BYTES_MAX = 48 * 1024
"""An access token fits into a request beside whatever proves who shows it: heads and bodies have 64 KiB here."""
ACCESS_TOKEN_MEMBERS_MAX = 8192
"""More than any that is not too large has of its ``authorization_details`` (RFC 9396 9.1)."""
ALG_CHARS_MAX = 16
KID_CHARS_MAX = 256
"""Four times the longest ``kid`` that can be registered; one must not fill the log with it."""

# RFC 7515 4.1.11: an extension that is not understood must be refused; we understand none, so any crit is refused
# (attacks.md 8, CVE-2025-59420). RFC 7797 b64 changes what is signed. zip belongs to JWE (CVE-2025-62706).
FORBIDDEN_HEADERS = ("crit", "b64", "zip")


class UnverifiedJwt(msgspec.Struct, frozen=True, eq=False):
    """A JWT that is well formed. Nobody knows yet who made it."""

    header: dict[str, Any]
    alg: str
    """Canonical name; the header may have said ``EdDSA``."""
    claims: UnverifiedClaims
    signing_input: bytes
    signature: bytes

    @property
    def kid(self) -> str | None:
        """The header's ``kid``, unverified."""
        return self.header.get("kid")

    @property
    def typ(self) -> str | None:
        """The header's ``typ`` as a media type is compared: lower case, without ``application/`` (RFC 7515 4.1.9)."""
        typ = self.header.get("typ")
        return None if typ is None else typ.lower().removeprefix("application/")

    def __repr__(self) -> str:
        return f"UnverifiedJwt(alg={self.alg!r})"


def parse_access_token(token: str) -> UnverifiedJwt:
    """The same as :func:`parse`, within the bounds of access tokens: whoever issues one keeps to them, whoever is shown
    one takes them all."""
    return parse(token, size_bytes_max=ACCESS_TOKEN_BYTES_MAX, members_max=ACCESS_TOKEN_MEMBERS_MAX)


def parse(token: str, *, size_bytes_max: int = SIZE_BYTES_MAX, members_max: int = MEMBERS_MAX) -> UnverifiedJwt:
    """Take ``token`` apart; raises :class:`JwtRefused` for anything but a well-formed signed JWT in compact form."""
    if not token.isascii():
        raise JwtRefused("The token is malformed.", check="jwt.base64")
    if len(token) > size_bytes_max:
        raise JwtRefused("The token is too large.", check="jwt.size", size_bytes=len(token))
    parts = token.split(".")
    # Five parts would be a JWE, and a brace the JSON serialisation (attacks.md 8).
    if len(parts) != 3:
        raise JwtRefused("The token is malformed.", check="jwt.parts", parts=len(parts))
    try:
        header_bytes, payload_bytes, signature = map(base64url.decode, parts)
    except ValueError as error:
        raise JwtRefused("The token is malformed.", check="jwt.base64") from error
    header = _object(header_bytes, "header")
    alg = _check_header(header)
    return UnverifiedJwt(
        header=header,
        alg=alg,
        claims=UnverifiedClaims(_object(payload_bytes, "payload", members_max)),
        signing_input=token[: token.rindex(".")].encode("ascii"),
        signature=signature,
    )


def verify(jwt: UnverifiedJwt, key: PublicKey, algorithm: str) -> VerifiedClaims:
    """The claims, if ``key`` signed them with ``algorithm``: what is registered with the key, not the header's choice.

    Raises :class:`JwtRefused` with check ``jwt.alg``, ``jwt.key`` or ``jwt.signature``.
    """
    name = canonical_alg(algorithm)
    # RFC 8725 3.1: the algorithm is part of the key's registration. RS256 where PS256 is registered is refused.
    if name is None or name != jwt.alg:
        raise JwtRefused("The token's algorithm is not acceptable.", check="jwt.alg", alg=jwt.alg, expected=algorithm)
    entry = ALGORITHMS[name]
    if not entry.fits(key.kty, key.crv, key.bits):
        raise JwtRefused("The key does not fit the algorithm.", check="jwt.key", alg=name, kty=key.kty, bits=key.bits)
    if not entry.verify(key.key, jwt.signing_input, jwt.signature):
        raise JwtRefused("The token's signature is not valid.", check="jwt.signature", key=key.thumbprint)
    return VerifiedClaims(jwt.claims.members, key, PROOF)


def _object(data: bytes, part: str, members_max: int = MEMBERS_MAX) -> dict[str, Any]:
    try:
        return decode_object(data, members_max=members_max)
    except JsonRefused as error:
        raise JwtRefused("The token is malformed.", check=f"jwt.{error.check}", part=part) from error


def _check_header(header: dict[str, Any]) -> str:
    """The canonical algorithm of an acceptable header."""
    for name in FORBIDDEN_HEADERS:
        if name in header:
            raise JwtRefused("The token's header is not acceptable.", check=f"jwt.{name}")
    alg = header.get("alg")
    if not isinstance(alg, str) or len(alg) > ALG_CHARS_MAX:
        raise JwtRefused("The token's algorithm is not acceptable.", check="jwt.alg")
    canonical = canonical_alg(alg)
    # none, None, HS256 and whatever will be invented are all the same: not in the table (attacks.md 6).
    if canonical is None:
        raise JwtRefused("The token's algorithm is not acceptable.", check="jwt.alg", alg=alg)
    for name, chars_max in (("kid", KID_CHARS_MAX), ("typ", KID_CHARS_MAX), ("cty", KID_CHARS_MAX)):
        value = header.get(name, "")
        if not isinstance(value, str) or len(value) > chars_max:
            raise JwtRefused("The token's header is not acceptable.", check=f"jwt.{name}")
    return canonical
