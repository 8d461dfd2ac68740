"""Passwords from elsewhere, as Auth0's imports spell them, into the forms that are read here. Pure."""

from __future__ import annotations

import binascii
import hashlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ..errors import InvalidField
from ..records import Json
from .password_formats import check_encoded

Encoding = Literal["base64", "hex", "utf8"]
_Value = Annotated[str, Meta(min_length=1, max_length=1_000)]
REFUSED = ("hmac", "ldap", "md4", "md5", "sha1", "sha256", "sha512", "scrypt")
"""What Auth0 takes and this server does not: all but the last are guessed by the billion."""


class Hash(msgspec.Struct, forbid_unknown_fields=True):
    """The digest."""

    value: _Value
    encoding: Encoding = "utf8"
    digest: Literal["sha256", "sha512"] = "sha256"
    """Of PBKDF2."""


class Salt(msgspec.Struct, forbid_unknown_fields=True):
    """The salt of PBKDF2, where the digest stands alone."""

    value: Annotated[str, Meta(max_length=1_000)]
    encoding: Encoding = "utf8"
    position: Literal["prefix", "suffix"] = "prefix"
    """Taken, and without a meaning here."""


class PasswordEncoding(msgspec.Struct, forbid_unknown_fields=True):
    """How the password was written before it was hashed."""

    encoding: Literal["ascii", "utf8"] = "utf8"


class CustomPasswordHash(msgspec.Struct, forbid_unknown_fields=True):
    """``custom_password_hash``."""

    algorithm: Annotated[str, Meta(max_length=20, extra_json_schema={"enum": ["argon2", "bcrypt", "pbkdf2"]})]
    hash: Hash
    salt: Salt | None = None
    password: PasswordEncoding | None = None
    keylen: Annotated[int, Meta(ge=16, le=128)] | None = None
    """Bytes of a PBKDF2 digest that stands alone."""
    iterations: Annotated[int, Meta(ge=1, le=1_000_000_000)] | None = None
    """Of such a one."""


def encoded_password(body: Json) -> str | None:
    """The imported password of a new account, in a form that is read here; None without one. Raises InvalidField."""
    given = [name for name in ("password", "password_hash", "custom_password_hash") if name in body]
    if len(given) > 1:
        raise InvalidField(given[-1], f"Give one of {', '.join(given)}", check="password.alternatives")
    if "custom_password_hash" in body:
        custom = msgspec.convert(body["custom_password_hash"], CustomPasswordHash)
        return _checked("custom_password_hash", lambda: _encoded(custom))
    if "password_hash" in body:
        return _checked("password_hash", lambda: str(body["password_hash"]))
    return None


def _checked(path: str, read: Callable[[], str]) -> str:
    try:
        encoded = read()
        check_encoded(encoded)
    except ValueError as problem:
        raise InvalidField(path, str(problem), check="password.import") from None
    return encoded


def _encoded(custom: CustomPasswordHash) -> str:
    if custom.algorithm in REFUSED:
        raise ValueError(
            f"{custom.algorithm} is not taken: import these people without a password, and let them set a new one"
        )
    convert = _CONVERTED.get(custom.algorithm)
    if convert is None:
        raise ValueError("algorithm is argon2, bcrypt or pbkdf2")
    return convert(custom)


def _as_it_is(custom: CustomPasswordHash) -> str:
    prefix = {"argon2": "$argon2", "bcrypt": "$2"}[custom.algorithm]
    if custom.hash.encoding != "utf8" or not custom.hash.value.startswith(prefix):
        raise ValueError(f"the hash of {custom.algorithm} is its own text, such as {prefix}…, with encoding utf8")
    return custom.hash.value


def _pbkdf2(custom: CustomPasswordHash) -> str:
    if custom.hash.value.startswith("$"):
        return custom.hash.value
    if custom.salt is None or custom.iterations is None:
        raise ValueError("PBKDF2 needs its PHC form, or salt and iterations beside the hash")
    digest = _bytes(custom.hash.value, custom.hash.encoding)
    if len(digest) != (custom.keylen or hashlib.new(custom.hash.digest).digest_size):
        raise ValueError("keylen is not the length of the hash")
    salt = _bytes(custom.salt.value, custom.salt.encoding)
    cost = f"i={custom.iterations},l={len(digest)}"
    return f"$pbkdf2-{custom.hash.digest}${cost}${_b64(salt)}${_b64(digest)}"


_CONVERTED: Mapping[str, Callable[[CustomPasswordHash], str]] = {
    "argon2": _as_it_is,
    "bcrypt": _as_it_is,
    "pbkdf2": _pbkdf2,
}


def _bytes(value: str, encoding: Encoding) -> bytes:
    try:
        if encoding == "hex":
            return bytes.fromhex(value)
        if encoding == "base64":
            return b64decode(value + "=" * (-len(value) % 4), validate=True)
    except (ValueError, binascii.Error):
        raise ValueError(f"the value is not {encoding}") from None
    return value.encode()


def _b64(value: bytes) -> str:
    return b64encode(value).rstrip(b"=").decode("ascii")
