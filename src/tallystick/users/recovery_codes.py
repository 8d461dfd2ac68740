"""Recovery codes: for somebody who lost the phone. Shown once, kept as keyed hashes, each good once."""

from __future__ import annotations

import secrets

from msgspec.structs import replace

from ..handles import HandleHasher
from .authenticator import RECOVERY_CODE, Authenticator

CODES = 10
FEW = 3
"""From here on people are told to make new ones."""
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's Base32: no letter that looks like a digit."""
_MISREAD = str.maketrans("OIL", "011")
_GROUP_CHARS, _GROUPS = 4, 4
"""80 bits a code: the hash is keyed, and attempts are counted; this is for the case that neither helps."""
PURPOSE = "recovery code"
HASHES = "hashes"


def new_codes() -> list[str]:
    """A fresh set, as people see it: ``ABCD-EFGH-JKMN-PQRS``."""
    return ["-".join(_group() for _ in range(_GROUPS)) for _ in range(CODES)]


def _group() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_CHARS))


def as_typed(text: str) -> str:
    """The code that somebody meant: upper case, without separators, with digits for the letters that look like them."""
    meant = text[:64].upper().translate(_MISREAD)
    return "".join(char for char in meant if char in _ALPHABET)


def new_set(
    tenant_id: str, user_id: str, codes: list[str], handles: HandleHasher, now_ms: int, replaces: Authenticator | None
) -> Authenticator:
    """The record of a set, which takes the place of an earlier one."""
    hashes = [_hash(handles, tenant_id, user_id, code) for code in codes]
    if replaces is not None:
        return replace(replaces, data={HASHES: hashes}, created_at_ms=now_ms, last_used_at_ms=None)
    return Authenticator(
        tenant_id=tenant_id,
        # One set for each person: of two that are made at once, one is refused.
        id=f"{RECOVERY_CODE}|{user_id}",
        user_id=user_id,
        type=RECOVERY_CODE,
        is_confirmed=True,
        data={HASHES: hashes},
        created_at_ms=now_ms,
    )


def without(codes: Authenticator, typed: str, handles: HandleHasher, now_ms: int) -> Authenticator | None:
    """The set after this code was used; None when it is none of them, or no longer."""
    digest = _hash(handles, codes.tenant_id, codes.user_id, typed)
    hashes: list[str] = codes.data.get(HASHES, [])
    # Compared as hashes under a key of ours: their equality tells a guesser nothing about how close it came.
    if digest not in hashes:
        return None
    left = [one for one in hashes if one != digest]
    return replace(codes, data={HASHES: left}, last_used_at_ms=now_ms)


def how_many_left(codes: Authenticator | None) -> int:
    """How many are still good."""
    return len(codes.data.get(HASHES, [])) if codes else 0


def _hash(handles: HandleHasher, tenant_id: str, user_id: str, code: str) -> str:
    return handles.digest(PURPOSE, tenant_id, user_id, as_typed(code))
