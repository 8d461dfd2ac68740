"""The authorization code: redeemed once, within its profile's life, by the client that asked (RFC 6749 4.1.2)."""

from __future__ import annotations

import msgspec

from ..handles import HandleHasher
from ..live import LiveRecord
from ..records import Json

CODE_KEPT_MS = 86_400_000
"""A spent code is remembered this much longer, so that showing it again withdraws what it gave."""
CODE_PURPOSE = "authorization code"
"""Under which its hash is made (see `handles`)."""


def code_hash_of(handles: HandleHasher, tenant_id: str, code: str) -> str:
    """What the database keeps of a code."""
    return handles.digest(CODE_PURPOSE, tenant_id, code)


class AuthorizationCode(LiveRecord, frozen=True, kw_only=True):
    """What a person allowed an application, waiting to be redeemed."""

    code_hash: str
    client_id: str
    user_id: str
    session_id: str
    credential_id: str | None = None
    """The credential by which the client proved itself or signed the request, when it did before the code."""
    redirect_uri: str
    redirect_uri_sent: bool
    """Whether the request named it; only then must the redemption repeat it (RFC 6749 4.1.3)."""
    audience: str | None
    """The API's identifier; None for the person's own profile."""
    scope: list[str]
    nonce: str | None = None
    code_challenge: str | None = None
    """S256, or None for a confidential client that sent none."""
    claims: Json = msgspec.field(default_factory=dict)
    """The ``claims`` parameter, as far as it is known here."""
    authorization_details: list[Json] | None = None
    """What the person allowed in detail (RFC 9396); None when no details were asked for."""
    transaction_linking_id: str | None = None
    """Of a transactional authorization: names the one transaction wherever it is spoken of (auth0.md 5.4)."""
    amr: list[str] = msgspec.field(default_factory=list)
    acr: str | None = None
    auth_time_ms: int
    dpop_jkt: str | None = None
    """The thumbprint of the key that redeems it; None for any or none."""
    created_at_ms: int
    expires_at_ms: int
    spent_at_ms: int | None = None
    family_id: str | None = None
    """What it was redeemed for."""
    purge_at_ms: int
