"""Encoded passwords: which forms are read, how much work each may ask for, and which are out of date. Pure.

argon2id, argon2i, argon2d and PBKDF2 as PHC strings, bcrypt as it is spelled since 1999. What this server writes is
argon2id alone; the others come with people who had a password elsewhere, and go at their next sign-in.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import re
from base64 import b64decode
from collections.abc import Callable

import bcrypt
import msgspec
from argon2 import Parameters, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type, verify_secret

BCRYPT_PASSWORD_BYTES = 72
"""What bcrypt looks at. Whoever made an imported hash cut there too; hashes of ours take every byte."""
BCRYPT_COST_MAX = 14
"""A second of work or so."""
ARGON2_MEMORY_KIB_MAX = 128 * 1024
ARGON2_WORK_KIB_MAX = 1024 * 1024
"""Memory times passes: a second of work or so."""
ARGON2_LANES_MAX = 16
PBKDF2_ITERATIONS_MAX = 2_000_000
PBKDF2_ITERATIONS_MIN = 1_000
"""RFC 8018 4.2: the least. What is quicker to guess is no password hash."""
_DIGEST_BYTES_MIN, _DIGEST_BYTES_MAX = 16, 128
ENCODED_CHARS_MAX = 600

_BCRYPT = re.compile(r"\$2[aby]\$(?P<cost>\d\d)\$[./A-Za-z0-9]{53}", re.ASCII)
_PBKDF2 = re.compile(
    r"\$pbkdf2-(?P<digest>sha256|sha512)\$i=(?P<iterations>[1-9]\d{0,8})(?:,l=(?P<keylen>[1-9]\d{0,3}))?"
    r"\$(?P<salt>[A-Za-z0-9+/]{0,200})={0,2}\$(?P<hash>[A-Za-z0-9+/]{1,300})={0,2}",
    re.ASCII,
)
_ARGON2_TYPES = {"$argon2id$": Type.ID, "$argon2i$": Type.I, "$argon2d$": Type.D}


class Format(msgspec.Struct, frozen=True):
    """One form."""

    name: str
    prefixes: tuple[str, ...]
    check: Callable[[str], None]
    """Raises ValueError with the reason why this one is not taken."""
    verify: Callable[[str, bytes], bool]


def _check_argon2(encoded: str) -> None:
    parameters = _argon2_parameters(encoded)
    if parameters.memory_cost > ARGON2_MEMORY_KIB_MAX:
        raise ValueError(f"argon2 may take {ARGON2_MEMORY_KIB_MAX} KiB at most")
    if parameters.memory_cost * parameters.time_cost > ARGON2_WORK_KIB_MAX:
        raise ValueError(f"argon2's memory times passes may come to {ARGON2_WORK_KIB_MAX} KiB at most")
    if parameters.parallelism > ARGON2_LANES_MAX:
        raise ValueError(f"argon2 may have {ARGON2_LANES_MAX} lanes at most")
    if parameters.hash_len < _DIGEST_BYTES_MIN:
        raise ValueError(f"the digest has {_DIGEST_BYTES_MIN} bytes at least")


def _argon2_parameters(encoded: str) -> Parameters:
    try:
        return extract_parameters(encoded)
    except (InvalidHashError, ValueError, binascii.Error):
        raise ValueError("this is no argon2 hash in PHC form") from None


def _verify_argon2(encoded: str, password: bytes) -> bool:
    try:
        return verify_secret(encoded.encode("ascii"), password, _ARGON2_TYPES[encoded[: encoded.index("$", 1) + 1]])
    except (VerificationError, InvalidHashError):
        return False


def _check_bcrypt(encoded: str) -> None:
    found = _BCRYPT.fullmatch(encoded)
    if found is None:
        raise ValueError("this is no bcrypt hash")
    if not 4 <= int(found["cost"]) <= BCRYPT_COST_MAX:
        raise ValueError(f"bcrypt's cost is from 4 to {BCRYPT_COST_MAX}")


def _verify_bcrypt(encoded: str, password: bytes) -> bool:
    try:
        return bcrypt.checkpw(password[:BCRYPT_PASSWORD_BYTES], encoded.encode("ascii"))
    except ValueError:
        return False


class _Pbkdf2(msgspec.Struct, frozen=True):
    digest: str
    iterations: int
    salt: bytes
    hash: bytes


def _pbkdf2_of(encoded: str) -> _Pbkdf2:
    found = _PBKDF2.fullmatch(encoded)
    if found is None:
        raise ValueError("this is no PBKDF2 hash in PHC form: $pbkdf2-sha256$i=600000,l=32$salt$hash")
    try:
        salt, digest = (b64decode(found[name] + "=" * (-len(found[name]) % 4)) for name in ("salt", "hash"))
    except binascii.Error:
        raise ValueError("salt and hash are base64 without padding") from None
    if found["keylen"] is not None and int(found["keylen"]) != len(digest):
        raise ValueError("l= is not the length of the hash")
    return _Pbkdf2(found["digest"], int(found["iterations"]), salt, digest)


def _check_pbkdf2(encoded: str) -> None:
    pbkdf2 = _pbkdf2_of(encoded)
    if not PBKDF2_ITERATIONS_MIN <= pbkdf2.iterations <= PBKDF2_ITERATIONS_MAX:
        raise ValueError(f"PBKDF2 has from {PBKDF2_ITERATIONS_MIN} to {PBKDF2_ITERATIONS_MAX} iterations")
    if not _DIGEST_BYTES_MIN <= len(pbkdf2.hash) <= _DIGEST_BYTES_MAX:
        raise ValueError(f"the digest has from {_DIGEST_BYTES_MIN} to {_DIGEST_BYTES_MAX} bytes")


def _verify_pbkdf2(encoded: str, password: bytes) -> bool:
    kept = _pbkdf2_of(encoded)
    made = hashlib.pbkdf2_hmac(kept.digest, password, kept.salt, kept.iterations, len(kept.hash))
    return hmac.compare_digest(made, kept.hash)


FORMATS = (
    Format("argon2", tuple(_ARGON2_TYPES), _check_argon2, _verify_argon2),
    Format("bcrypt", ("$2a$", "$2b$", "$2y$"), _check_bcrypt, _verify_bcrypt),
    Format("pbkdf2", ("$pbkdf2-sha256$", "$pbkdf2-sha512$"), _check_pbkdf2, _verify_pbkdf2),
)
"""Every form that is read."""


def format_of(encoded: str) -> Format:
    """The row of an encoded password. Raises ValueError for what is none of them."""
    for form in FORMATS:
        if encoded.startswith(form.prefixes):
            return form
    raise ValueError("the hash is none of argon2, bcrypt ($2a$, $2b$, $2y$) and PBKDF2 (sha256, sha512) in PHC form")


def check_encoded(encoded: str) -> None:
    """Whether a hash from elsewhere may be kept: a form we read, with bounded work. Raises ValueError."""
    if len(encoded) > ENCODED_CHARS_MAX or not encoded.isascii():
        raise ValueError("this is no encoded password")
    format_of(encoded).check(encoded)


def holds(encoded: str, password: str) -> bool:
    """Whether this is the password. Slow on purpose; False too for what cannot be read."""
    try:
        return format_of(encoded).verify(encoded, password.encode("utf-8", "surrogatepass"))
    except ValueError:
        return False


def is_current(encoded: str, parameters: Parameters) -> bool:
    """Whether it was made with the parameters of today."""
    try:
        return extract_parameters(encoded) == parameters
    except (InvalidHashError, ValueError):
        return False
