"""The binding: the ``cnf`` of a token (RFC 7800), as a value that cannot be half there."""

from __future__ import annotations

import msgspec

MTLS, DPOP = "mtls", "dpop"
"""The mechanisms, as a resource server asks for them (auth0.md 3.7)."""
MEMBERS = {MTLS: "x5t#S256", DPOP: "jkt"}
"""Mechanism → the member of ``cnf`` that names its key (RFC 8705 3.1, RFC 9449 6.1)."""


class Binding(msgspec.Struct, frozen=True, kw_only=True):
    """One proof of possession that a request carries, ready to bind a token to."""

    mechanism: str
    """:data:`MTLS` or :data:`DPOP`."""
    value: str
    """The thumbprint of the certificate, or of the proof's key."""

    @property
    def confirmation_member(self) -> str:
        """The member of ``cnf``."""
        return MEMBERS[self.mechanism]

    @property
    def confirmation(self) -> dict[str, str]:
        """The ``cnf`` claim."""
        return {self.confirmation_member: self.value}


def token_type_of(binding: Binding | None) -> str:
    """``token_type`` of the token: ``Bearer`` also where a certificate binds it (RFC 8705 3, RFC 9449 5)."""
    return "DPoP" if binding is not None and binding.mechanism == DPOP else "Bearer"
