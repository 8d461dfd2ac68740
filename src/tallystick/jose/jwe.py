"""Encrypted JWTs in compact form (RFC 7516 7.1): parsed strictly, then decrypted with a key that *we* chose.

    parse    size → five parts → canonical base64url → header as a JSON object → header rules → lengths → epk
    decrypt  the algorithm chosen for the key = the one in the header → key fits it → key and content, one answer

As in `jose.jwt` nothing in a header names a key to us by value except ``epk``, which ECDH-ES is made of: it is one
public key on the recipient's own curve, or the JWE is refused before anything is computed (RFC 7518 4.6.1.1,
CVE-2017-16007). Decryption proves nothing about who sent it: what comes out is as unverified as what went in.
"""

from __future__ import annotations

from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc.errors import JoseError
from joserfc.jwe import decrypt_compact, encrypt_compact
from joserfc.jwk import ECKey, RSAKey

from . import base64url
from .encryption_algorithms import CONTENT_ENCS, ECDH_ES, KEY_ALGS, REGISTRY, KeyAlgorithm
from .jwk import BITS
from .jwt import ALG_CHARS_MAX, FORBIDDEN_HEADERS, KID_CHARS_MAX
from .keys import PublicKey, public_key_from_jwk
from .private_keys import AnyPrivateKey, public_key_for
from .refusals import JwtRefused, KeyRefused
from .strict_json import JsonRefused, decode_object

__all__ = ["CONTENT_ENCS", "KEY_ALGS", "UnverifiedJwe", "decrypt", "encrypt", "is_jwe", "parse"]

HEADER_CHARS_MAX = 4096
"""The largest honest header has ``epk`` on P-521 and a ``kid``: a quarter of it. The rest is room for claims in it."""
PARTY_CHARS_MAX = 512
"""Of ``apu`` and ``apv``, which go into the derived key (RFC 7518 4.6.1.2)."""


class UnverifiedJwe(msgspec.Struct, frozen=True, eq=False):
    """A JWE that is well formed. Nobody knows yet what is in it, and never who made it."""

    header: dict[str, Any]
    alg: str
    enc: str
    epk: PublicKey | None
    """The sender's public key for once; None unless ``alg`` agrees on a key."""
    text: str

    @property
    def kid(self) -> str | None:
        """The header's ``kid``, unverified."""
        return self.header.get("kid")

    def __repr__(self) -> str:
        return f"UnverifiedJwe(alg={self.alg!r}, enc={self.enc!r})"


def is_jwe(text: str) -> bool:
    """Whether this looks like a JWE rather than a signed JWT: five parts, not three (RFC 7516 9)."""
    return text.count(".") == 4


def encrypt(
    content: bytes,
    recipient: PublicKey,
    *,
    alg: str,
    enc: str,
    kid: str | None,
    cty: str | None = "JWT",
    typ: str | None = None,
    iss: str | None = None,
) -> str:
    """``content`` for the holder of the recipient's private half alone, in compact form.

    ``cty`` is ``JWT`` around a signed JWT (RFC 7519 5.2), None around plain claims; ``iss`` is the claim replicated
    into the header (5.3). Raises :class:`KeyRefused` when the key does not fit ``alg``; KeyError for names that are not
    in the tables.
    """
    entry, _ = KEY_ALGS[alg], CONTENT_ENCS[enc]
    if not entry.fits(recipient.kty, recipient.crv, recipient.bits):
        raise KeyRefused(f"The key does not fit {alg}.", check="key.alg", alg=alg, kty=recipient.kty)
    members = {"alg": alg, "enc": enc, "kid": kid, "cty": cty, "typ": typ, "iss": iss}
    header = {name: value for name, value in members.items() if value is not None}
    return encrypt_compact(header, content, _held(recipient.key), registry=REGISTRY)


def parse(text: str, *, size_bytes_max: int) -> UnverifiedJwe:
    """Take ``text`` apart; raises :class:`JwtRefused` for anything but a well-formed JWE in compact form."""
    if not text.isascii():
        raise JwtRefused("The token is malformed.", check="jwe.base64")
    if len(text) > size_bytes_max:
        raise JwtRefused("The token is too large.", check="jwe.size", size_bytes=len(text))
    parts = text.split(".")
    if len(parts) != 5:
        raise JwtRefused("The token is malformed.", check="jwe.parts", parts=len(parts))
    if len(parts[0]) > HEADER_CHARS_MAX:
        raise JwtRefused("The token is too large.", check="jwe.size", header_chars=len(parts[0]))
    try:
        header_bytes, key, iv, _, tag = map(base64url.decode, parts)
    except ValueError as error:
        raise JwtRefused("The token is malformed.", check="jwe.base64") from error
    header = _object(header_bytes)
    entry, enc = _check_header(header)
    # RFC 7516 5.2, steps 10 and 12: an agreed key is sent by nobody, every other one is.
    if bool(key) == (entry.name == ECDH_ES):
        raise JwtRefused("The token is malformed.", check="jwe.encrypted_key", alg=entry.name)
    content = CONTENT_ENCS[enc]
    # RFC 7518 5.2.2.1 and 5.3: lengths are fixed. A short GCM tag could be guessed.
    if (len(iv), len(tag)) != (content.iv_bytes, content.tag_bytes):
        raise JwtRefused("The token is malformed.", check="jwe.length", enc=enc, iv=len(iv), tag=len(tag))
    epk = _ephemeral(header) if entry.is_agreement else None
    return UnverifiedJwe(header=header, alg=entry.name, enc=enc, epk=epk, text=text)


def decrypt(jwe: UnverifiedJwe, private_key: AnyPrivateKey, alg: str) -> bytes:
    """The content, if it was encrypted to ``private_key`` with ``alg``: the caller's choice, not the header's.

    Raises :class:`JwtRefused` with check ``jwe.alg``, ``jwe.key``, ``jwe.epk``, or ``jwe.decryption`` for every way in
    which decryption can fail: a wrong key, a changed part, a broken padding are all the same from outside (RFC 7516
    11.5).
    """
    if alg != jwe.alg:
        raise JwtRefused("The token's algorithm is not acceptable.", check="jwe.alg", alg=jwe.alg, expected=alg)
    public, entry = public_key_for(private_key), KEY_ALGS[alg]
    if not entry.fits(public.kty, public.crv, public.bits):
        raise JwtRefused("The key does not fit the algorithm.", check="jwe.key", alg=alg, kty=public.kty)
    # RFC 7518 4.6.1.1: the same curve as the recipient's key, or the agreement says something about the private half.
    if jwe.epk is not None and jwe.epk.crv != public.crv:
        raise JwtRefused("The token's header is not acceptable.", check="jwe.epk", crv=jwe.epk.crv)
    try:
        content = decrypt_compact(jwe.text, _held(private_key), registry=REGISTRY).plaintext
    except (JoseError, ValueError, TypeError, KeyError, AssertionError) as error:
        raise JwtRefused("The token cannot be decrypted.", check="jwe.decryption", alg=alg, enc=jwe.enc) from error
    if content is None:
        raise JwtRefused("The token cannot be decrypted.", check="jwe.decryption", alg=alg, enc=jwe.enc)
    return content


def _held(key: object) -> RSAKey | ECKey:
    """A key as joserfc holds it; nothing is parsed or copied."""
    if isinstance(key, rsa.RSAPublicKey | rsa.RSAPrivateKey):
        return RSAKey.import_key(key)
    if isinstance(key, ec.EllipticCurvePublicKey | ec.EllipticCurvePrivateKey):
        return ECKey.import_key(key)
    raise KeyRefused("The key must be RSA or EC.", check="key.type")


def _object(data: bytes) -> dict[str, Any]:
    try:
        return decode_object(data)
    except JsonRefused as error:
        raise JwtRefused("The token is malformed.", check=f"jwe.{error.check}") from error


def _check_header(header: dict[str, Any]) -> tuple[KeyAlgorithm, str]:
    """The algorithms of an acceptable header."""
    # crit and b64 as in `jose.jwt`. zip: a few octets become gigabytes (CVE-2023-51774, attacks.md 8).
    for name in FORBIDDEN_HEADERS:
        if name in header:
            raise JwtRefused("The token's header is not acceptable.", check=f"jwe.{name}")
    alg, enc = header.get("alg"), header.get("enc")
    # Not in the table: PBES2 with its count, dir, RSA1_5, and whatever will be invented.
    entry = KEY_ALGS.get(alg) if isinstance(alg, str) else None
    if entry is None:
        raise JwtRefused("The token's algorithm is not acceptable.", check="jwe.alg", alg=_shown(alg))
    if not isinstance(enc, str) or enc not in CONTENT_ENCS:
        raise JwtRefused("The token's encryption is not acceptable.", check="jwe.enc", enc=_shown(enc))
    bounds = (("kid", KID_CHARS_MAX), ("typ", KID_CHARS_MAX), ("cty", KID_CHARS_MAX))
    for name, chars_max in (*bounds, ("apu", PARTY_CHARS_MAX), ("apv", PARTY_CHARS_MAX)):
        value = header.get(name, "")
        if not isinstance(value, str) or len(value) > chars_max:
            raise JwtRefused("The token's header is not acceptable.", check=f"jwe.{name}")
    return entry, enc


def _shown(value: object) -> object:
    return value if isinstance(value, str) and len(value) <= ALG_CHARS_MAX else type(value).__name__


def _ephemeral(header: dict[str, Any]) -> PublicKey:
    """``epk``: one public key on a curve we use, and on that curve (RFC 7518 4.6.1.1)."""
    epk = header.get("epk")
    try:
        if not isinstance(epk, dict):
            raise KeyRefused("epk must be a JWK.", check="key.member")
        key = public_key_from_jwk({name: _filled(epk, name) for name in epk}, use="enc")
        if key.kty != "EC":
            raise KeyRefused("epk must be an EC key.", check="key.type")
    except KeyRefused as error:
        raise JwtRefused("The token's header is not acceptable.", check="jwe.epk", reason=error.check) from error
    return key


def _filled(epk: dict[str, Any], name: str) -> object:
    """A coordinate in its full length. Authlib leaves leading zeros out, one key in 128 on P-256.

    RFC 7518 6.2.1.2 forbids that, and a registered key has to be spelled in one way; but this one is nobody's name.
    """
    value, crv = epk[name], epk.get("crv")
    if name not in ("x", "y") or not isinstance(value, str) or not isinstance(crv, str) or crv not in BITS:
        return value
    try:
        return base64url.encode(base64url.decode(value).rjust((BITS[crv] + 7) // 8, b"\0"))
    except ValueError:
        return value  # refused where keys are read
