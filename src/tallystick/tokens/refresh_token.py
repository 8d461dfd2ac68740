"""The refresh token's text: made from its family, recognised by computing it again (RFC 6749 1.5).

    [v1.] family id (32) | generation (8) | proof (43)         base64url throughout, the rotating kind with its prefix

The proof is a keyed hash over everything before it, the tenant, and the family's seed: the key is not in the database,
the seed is nowhere else. So no token is stored; whoever reads the rows cannot make one; and nothing of it can be
changed, cut or lengthened (attacks.md 41).
"""

from __future__ import annotations

import re

import msgspec

from ..handles import HandleHasher
from ..jose import base64url
from .family import TokenFamily

PREFIX = "v1."
"""Marks tokens that are replaced at each use, as Auth0 marks them."""
PURPOSE, ROTATING_PURPOSE = "refresh token", "rotating refresh token"
_GENERATION_BYTES = 6
_FORM = re.compile(r"(v1\.)?([A-Za-z0-9_-]{32})([A-Za-z0-9_-]{8})([A-Za-z0-9_-]{43})", re.ASCII)


class ShownRefreshToken(msgspec.Struct, frozen=True, kw_only=True):
    """A text in the form of a refresh token. Proves nothing until :meth:`RefreshTokens.holds`."""

    unverified_family_id: str
    generation: int
    is_rotating: bool
    proof: str

    def __repr__(self) -> str:
        return f"ShownRefreshToken(generation={self.generation})"


def read(text: str) -> ShownRefreshToken | None:
    """The parts of a token; None for what was never one."""
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    prefix, family_id, generation, proof = match.groups()
    return ShownRefreshToken(
        unverified_family_id=family_id,
        generation=int.from_bytes(base64url.decode(generation), "big"),
        is_rotating=prefix is not None,
        proof=proof,
    )


class RefreshTokens:
    """Makes and recognises refresh tokens."""

    def __init__(self, handles: HandleHasher) -> None:
        self._handles = handles

    def text_of(self, family: TokenFamily) -> str:
        """The family's living token; the same each time it is asked for."""
        prefix = PREFIX if family.is_rotating else ""
        generation = base64url.encode(family.generation.to_bytes(_GENERATION_BYTES, "big"))
        purpose = ROTATING_PURPOSE if family.is_rotating else PURPOSE
        return f"{prefix}{family.id}{generation}{self._handles.digest(purpose, *_parts(family, family.generation))}"

    def holds(self, family: TokenFamily, shown: ShownRefreshToken) -> bool:
        """Whether this token was given out for the family once, in whatever generation; constant time."""
        purpose = ROTATING_PURPOSE if shown.is_rotating else PURPOSE
        return (
            family.has_refresh_token
            and shown.unverified_family_id == family.id
            and self._handles.matches(shown.proof, purpose, *_parts(family, shown.generation))
        )


def _parts(family: TokenFamily, generation: int) -> tuple[str, ...]:
    return family.tenant_id, family.id, str(generation), family.seed
