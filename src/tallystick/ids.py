"""Ids of what the house keeps: random, in Auth0's shapes (auth0.md 0), never given twice. None of them is a secret."""

from __future__ import annotations

import hashlib
import secrets
import string

_ALPHANUMERIC = string.ascii_letters + string.digits
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def new_client_id(*, third_party: bool = False) -> str:
    """32 characters ``[A-Za-z0-9]``, 190 bits; ``tpc_`` and 28 of them for third parties."""
    return "tpc_" + _random(_ALPHANUMERIC, 28) if third_party else _random(_ALPHANUMERIC, 32)


def new_credential_id() -> str:
    """``cred_`` and 22 base58 characters, 128 bits."""
    return "cred_" + _random(_BASE58, 22)


def new_authority_id() -> str:
    """``ca_`` and 22 base58 characters."""
    return "ca_" + _random(_BASE58, 22)


def connection_id_of(tenant_id: str) -> str:
    """``con_`` and 16 characters ``[A-Za-z0-9]``: the tenant's one connection, the same wherever and whenever asked."""
    number, chars = int.from_bytes(hashlib.sha256(f"connection/{tenant_id}".encode()).digest()), []
    for _ in range(16):
        number, place = divmod(number, len(_ALPHANUMERIC))
        chars.append(_ALPHANUMERIC[place])
    return "con_" + "".join(chars)


def new_role_id() -> str:
    """``rol_`` and 16 characters ``[A-Za-z0-9]``."""
    return "rol_" + _random(_ALPHANUMERIC, 16)


def new_job_id() -> str:
    """``job_`` and 16 characters ``[A-Za-z0-9]``."""
    return "job_" + _random(_ALPHANUMERIC, 16)


def new_user_id() -> str:
    """``auth0|`` and 24 hex digits, 96 bits: a person of the database connection."""
    return "auth0|" + secrets.token_hex(12)


def new_record_id() -> str:
    """24 hex digits, 96 bits: what has no prefix of its own, such as a consent."""
    return secrets.token_hex(12)


def new_opaque_id() -> str:
    """32 characters of base64url, 192 bits: sessions and token families, whose ids outsiders see."""
    return secrets.token_urlsafe(24)


def _random(alphabet: str, chars: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(chars))
