"""People's passwords: slow to guess, never readable (OWASP Password Storage; RFC 9106 4, second recommended option)."""

from __future__ import annotations

import secrets
import string

from argon2 import PasswordHasher
from argon2.profiles import RFC_9106_LOW_MEMORY

GENERATED_CHARS = 24
"""142 random bits."""

_hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)


def generate_password() -> str:
    """A password for an account that a program makes."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(GENERATED_CHARS))


def hash_password(password: str) -> str:
    """The argon2id hash. Takes tens of milliseconds and 64 MiB: never on the event loop of a worker."""
    return _hasher.hash(password)
