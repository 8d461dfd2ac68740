"""An access token of ours that a caller showed, after it was verified."""

from __future__ import annotations

from typing import Protocol

import msgspec

from ..sender.possession import Possession
from ..sender.proof_walk import VerifiedProof
from ..tenants.tenant import Tenant
from ..users.user import User
from .family import TokenFamily


class Person(msgspec.Struct, frozen=True):
    """Who is behind a token, as they are now."""

    user: User
    family: TokenFamily


class InspectedToken(msgspec.Struct, frozen=True, kw_only=True):
    """A verified access token: signature, issuer, audience, lifetime and binding hold."""

    client_id: str
    subject: str
    audience: str
    scopes: frozenset[str]
    person: Person | None = None
    """For a token in a person's name; its family was not withdrawn, the account is there and not blocked."""
    proof: VerifiedProof | None = None
    """The DPoP proof that came with it, used up by this request."""


class TokenInspector(Protocol):
    """Recognises access tokens of ours."""

    async def inspect(self, tenant: Tenant, token: str, *, audience: str, possession: Possession) -> InspectedToken:
        """Raises OAuthError with 401; a bound token is refused without its proof, whatever scheme it comes in (RFC 8705
        3, RFC 9449 7.2)."""
        ...
