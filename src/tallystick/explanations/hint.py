"""The hint: what is wrong and what to do, in a sentence or two, and the document that demands it."""

from __future__ import annotations

import msgspec


class Hint(msgspec.Struct, frozen=True):
    """What is told of one check."""

    says: str
    clause: str
    """Empty where the rule is this server's own."""


Hints = dict[str, Hint]
"""By check; a name that ends in ``.*`` or ``_*`` stands for all of a family whose names are computed."""
