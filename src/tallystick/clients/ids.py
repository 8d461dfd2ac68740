"""Ids of clients, credentials and authorities: random, in Auth0's shapes (auth0.md 0), never given twice."""

from __future__ import annotations

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


def _random(alphabet: str, chars: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(chars))
