"""The claims of a JWT, read with types: before its signature is checked, and after.

Two types on purpose: what needs proof asks for :class:`VerifiedClaims`, which only `jwt.verify` makes.
"""

from __future__ import annotations

import math
from typing import Any, Final

from .keys import PublicKey
from .refusals import JwtRefused

DATE_MAX: Final = 2**53
"""Seconds. Beyond it doubles skip integers; no date we handle is near it."""
PROOF: Final = object()
"""What only `jwt.verify` hands in. Anyone can import it; a reader can then see that they should not have."""


class Claims:
    """Typed access to claims. A claim of the wrong type is refused, never taken for absent."""

    __slots__ = ("members",)

    def __init__(self, members: dict[str, Any]) -> None:
        self.members = members

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(sorted(self.members))})"

    def string(self, name: str, *, chars_max: int | None = None) -> str | None:
        """A string claim, or None when it is absent. Empty, too long, or with control characters: refused."""
        value = self.members.get(name)
        if value is None and name not in self.members:
            return None
        if not isinstance(value, str) or not value or not value.isprintable():
            raise _refused(name, "is not a string of printable characters")
        if chars_max is not None and len(value) > chars_max:
            raise _refused(name, "is too long")
        return value

    def numeric_date_ms(self, name: str) -> int | None:
        """A NumericDate (RFC 7519 2) in milliseconds since the epoch, or None when it is absent."""
        value = self.members.get(name)
        if value is None and name not in self.members:
            return None
        # bool is an int to Python, not to JSON.
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _refused(name, "is not a number")
        if not math.isfinite(value) or not -DATE_MAX <= value <= DATE_MAX:
            raise _refused(name, "is out of range")
        return math.floor(value * 1000)

    def audience(self) -> str | tuple[str, ...] | None:
        """``aud`` as it came: one string, or several as a tuple (RFC 7519 4.1.3); None when it is absent.

        The caller needs to know which: some profiles take the issuer only as one string (rfc7523bis).
        """
        value = self.members.get("aud")
        if isinstance(value, list):
            if not all(isinstance(item, str) for item in value):
                raise _refused("aud", "is not an array of strings")
            return tuple(value)
        return self.string("aud")


class UnverifiedClaims(Claims):
    """What the sender says. Good for finding out whom to ask, for nothing else."""

    __slots__ = ()


class VerifiedClaims(Claims):
    """What the holder of ``key`` signed. Says nothing yet of time, audience or replay."""

    __slots__ = ("key",)

    def __init__(self, members: dict[str, Any], key: PublicKey, proof: object) -> None:
        if proof is not PROOF:
            raise TypeError("only jose.jwt.verify makes verified claims")
        super().__init__(members)
        self.key = key


def _refused(name: str, reason: str) -> JwtRefused:
    # The value itself stays out: it is a stranger's, of any size.
    return JwtRefused("A claim of the token is not acceptable.", check=f"jwt.claim.{name}", reason=reason)
