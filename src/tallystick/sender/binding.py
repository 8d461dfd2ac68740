"""The binding: the ``cnf`` of a token (RFC 7800), as a value that cannot be half there."""

from __future__ import annotations

import msgspec

MTLS = "mtls"


class Binding(msgspec.Struct, frozen=True, kw_only=True):
    """One proof of possession that a request carries, ready to bind a token to."""

    mechanism: str
    """``mtls``; the mechanisms a resource server can ask for (auth0.md 3.7)."""
    confirmation_member: str
    """The member of ``cnf``: ``x5t#S256`` (RFC 8705 3.1)."""
    value: str

    @property
    def confirmation(self) -> dict[str, str]:
        """The ``cnf`` claim."""
        return {self.confirmation_member: self.value}
