"""The table over all: check → hint."""

from __future__ import annotations

from . import (
    authorization,
    authorization_details,
    certs,
    client_keys,
    clientauth,
    encryption,
    factors,
    introspection,
    jose,
    logout,
    management,
    person_tokens,
    profiles,
    proofs,
    pushed,
    request_objects,
    tokens,
    users,
    web,
)
from .hint import Hint, Hints

ROOMS: dict[str, Hints] = {
    "Authorization requests": authorization.HINTS,
    "Pushed requests": pushed.HINTS,
    "Authorization details": authorization_details.HINTS,
    "Signed requests": request_objects.HINTS,
    "Client authentication": clientauth.HINTS,
    "Security profiles": profiles.HINTS,
    "Proofs of possession": proofs.HINTS,
    "JWTs and keys": jose.HINTS,
    "Encryption": encryption.HINTS,
    "Keys of applications": client_keys.HINTS,
    "Certificates": certs.HINTS,
    "Grants and tokens": tokens.HINTS,
    "Codes and refresh tokens": person_tokens.HINTS,
    "Introspection": introspection.HINTS,
    "People": users.HINTS,
    "Second factors": factors.HINTS,
    "Logout and mailed links": logout.HINTS,
    "Requests": web.HINTS,
    "Management API": management.HINTS,
}
"""What people call the room → its hints."""
HINTS: Hints = {check: hint for hints in ROOMS.values() for check, hint in hints.items()}


def hint_for(check: str) -> Hint | None:
    """The hint for a check, or for the family it belongs to; None for one that this version does not know."""
    if (hint := HINTS.get(check)) is not None:
        return hint
    families = (name for name in HINTS if name.endswith("*") and check.startswith(name[:-1]))
    closest = max(families, key=len, default=None)
    return None if closest is None else HINTS[closest]
