"""The token family: everything that came of one authorization, from its code to its last refresh token.

Withdrawing the family withdraws all of it. A refresh token is not a row of its own: it names its family and which
generation it is, and proves that by a keyed hash (see `tokens.refresh_token`).
"""

from __future__ import annotations

import msgspec

from ..live import LiveRecord
from ..records import Json


class TokenFamily(LiveRecord, frozen=True, kw_only=True):
    """What one person gave one application. ``id`` is in its tokens as ``grant_id``, and is the refresh token's id."""

    id: str
    client_id: str
    user_id: str
    session_id: str | None
    """The session it came of; refresh tokens outlive it, unless they are bound to it."""
    code_hash: str | None = None
    """The code that was redeemed for it: when that is shown again, the family is withdrawn."""
    credential_id: str | None = None
    """The client's credential that obtained it; None for a public client."""
    last_credential_id: str | None = None
    """The credential that refreshed last."""
    audience: str | None
    """The API's identifier; None for the person's own profile."""
    scope: list[str]
    """Everything that was granted; a refresh may ask for less, never for more."""
    claims: Json = msgspec.field(default_factory=dict)
    """The ``claims`` parameter of the request (OpenID Connect Core 5.5)."""
    authorization_details: list[Json] | None = None
    """What the person allowed in detail (RFC 9396); None when no details were asked for."""
    transaction_linking_id: str | None = None
    """Of a transactional authorization: names the one transaction wherever it is spoken of (auth0.md 5.4)."""
    amr: list[str] = msgspec.field(default_factory=list)
    acr: str | None = None
    auth_time_ms: int
    binding: Json | None = None
    """The ``cnf`` that a public client's refresh token is bound to (RFC 9449 5, RFC 8705 4)."""
    seed: str
    """256 random bits: what the family's refresh tokens are made from, together with a key outside the database."""
    has_refresh_token: bool = False
    is_rotating: bool = False
    generation: int = 0
    """Which refresh token is the living one; raised by each rotation."""
    rotated_at_ms: int | None = None
    last_exchanged_at_ms: int | None = None
    device: Json = msgspec.field(default_factory=dict)
    """``initial_ip``, ``initial_user_agent``, ``last_ip``, ``last_user_agent``."""
    withdrawn_at_ms: int | None = None
    withdrawn_because: str | None = None
    status_list: int | None = None
    """The place that its access tokens share in the published lists, where their API wants one."""
    status_index: int | None = None
    created_at_ms: int
    idle_expires_at_ms: int | None = None
    expires_at_ms: int | None = None
    purge_at_ms: int
    """When neither a refresh token nor an access token of it can be alive any more."""
