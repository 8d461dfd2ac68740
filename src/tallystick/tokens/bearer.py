"""An access token of ours that a caller showed, after it was verified."""

from __future__ import annotations

from typing import Protocol

import msgspec

from ..tenants.tenant import Tenant


class InspectedToken(msgspec.Struct, frozen=True, kw_only=True):
    """A verified access token: signature, issuer, audience, lifetime and binding hold."""

    client_id: str
    subject: str
    audience: str
    scopes: frozenset[str]


class TokenInspector(Protocol):
    """Recognises access tokens of ours."""

    async def inspect(
        self, tenant: Tenant, token: str, *, audience: str, peer_certificates: tuple[bytes, ...]
    ) -> InspectedToken:
        """Raises OAuthError ``invalid_token``; a bound token is refused without its proof (RFC 8705 3)."""
        ...
