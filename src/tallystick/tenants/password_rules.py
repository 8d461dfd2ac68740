"""What a password must look like, by the tenant's rules. Pure; whether others know it is another question."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

import msgspec

PERSONAL_CHARS_MIN = 3
"""A shorter name would stand in too many passwords by chance."""


class _Policy(msgspec.Struct, frozen=True, kw_only=True):
    length_min: int = 1
    kinds_min: int = 0
    """Of lower case, upper case, digits and other signs."""
    needs: str = ""
    """Kinds that must all be there."""
    same_in_a_row_max: int | None = None


POLICIES = {
    "none": _Policy(),
    "low": _Policy(length_min=6),
    "fair": _Policy(length_min=8, needs="aA0"),
    "good": _Policy(length_min=8, kinds_min=3),
    "excellent": _Policy(length_min=10, kinds_min=3, same_in_a_row_max=2),
}
"""``passwordPolicy`` → what it demands, as Auth0 describes them."""


class PasswordRules(msgspec.Struct, frozen=True, kw_only=True):
    """The rules of one connection."""

    policy: str = "none"
    length_min: int = 8
    no_personal_info: bool = False
    dictionary: frozenset[str] = frozenset()
    """Case-folded words that are refused."""

    def broken_by(self, password: str, personal: Iterable[str | None] = ()) -> str | None:
        """The first rule that the password breaks, or None.

        ``too_short``, ``too_plain``, ``repeating``, ``listed`` or ``personal``; ``personal`` are names and addresses of
        the person.
        """
        policy = POLICIES[self.policy]
        if len(password) < max(self.length_min, policy.length_min):
            return "too_short"
        kinds = set(map(_kind, password))
        if len(kinds) < policy.kinds_min or not kinds.issuperset(policy.needs):
            return "too_plain"
        if policy.same_in_a_row_max is not None and _longest_row(password) > policy.same_in_a_row_max:
            return "repeating"
        folded = password.casefold()
        if folded in self.dictionary:
            return "listed"
        if self.no_personal_info and any(part in folded for part in _parts(personal)):
            return "personal"
        return None


def _kind(sign: str) -> str:
    if sign.isdigit():
        return "0"
    return "a" if sign.islower() else "A" if sign.isupper() else "!"


def _longest_row(password: str) -> int:
    return max((sum(1 for _ in row) for _, row in groupby(password)), default=0)


def _parts(personal: Iterable[str | None]) -> Iterable[str]:
    for text in personal:
        folded = (text or "").casefold()
        for part in {folded, folded.partition("@")[0]}:
            if len(part) >= PERSONAL_CHARS_MIN:
                yield part
