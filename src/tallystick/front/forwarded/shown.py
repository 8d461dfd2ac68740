"""What a proxy hands on, once read, and why it could not be read."""

from __future__ import annotations

import msgspec


class Shown(msgspec.Struct, frozen=True):
    """What the client showed to the proxy."""

    certificates: tuple[bytes, ...]
    """DER, the client's own first; empty when it showed none."""
    ca_verdict: bool | None = None
    """Whether the proxy says that it verified the chain; None when it says nothing of it."""


NOTHING = Shown(())


class Malformed(Exception):
    """Not of the form; ``check`` names the rule that failed. Nothing of the value is repeated."""

    def __init__(self, check: str) -> None:
        super().__init__(check)
        self.check = check
