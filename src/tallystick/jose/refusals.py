"""What this room refuses, and how it says so.

    Refused
    ├── KeyRefused     something that should be a key is not one this house can use
    └── JwtRefused     something that should be a JWT is not acceptable, or not what it claims

Evidence never carries a key's private part, a signature or a whole token.
"""

from __future__ import annotations

from ..errors import Refused


class KeyRefused(Refused):
    """Not a usable key. ``check`` is ``private_key`` for private or symmetric material, else ``key.…``."""


class JwtRefused(Refused):
    """Not an acceptable JWT. ``check`` is ``jwt.…``, or ``jwe.…`` for one that is encrypted."""
