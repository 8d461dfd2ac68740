"""The session: one browser in which a person has signed in."""

from __future__ import annotations

import msgspec

from ..live import LiveRecord
from ..records import Json


class Session(LiveRecord, frozen=True, kw_only=True):
    """One session of one person. Its ``id`` is the ``sid`` of ID and logout tokens; the cookie holds another value."""

    id: str
    secret_hash: str
    """Of the cookie's value (see `handles`); new at every sign-in, so that no session can be fixed beforehand."""
    user_id: str
    amr: list[str]
    """How the person proved it, in RFC 8176's words: ``pwd``, ``otp``, ``hwk``, ``swk``, ``user``, ``mfa``."""
    clients: list[Json] = msgspec.field(default_factory=list)
    """The applications that got something in it, oldest first: ``{"client_id": …, "credential_id": … or null}``,
    with the ``issuer`` where that is a custom domain's."""
    is_persistent: bool = True
    """Whether the browser keeps the cookie when it is closed."""
    device: Json = msgspec.field(default_factory=dict)
    """``initial_ip``, ``initial_user_agent``, ``last_ip``, ``last_user_agent``: for the person to recognise it by."""
    authenticated_at_ms: int
    """When the person last proved who they are: ``auth_time``."""
    created_at_ms: int
    updated_at_ms: int
    idle_expires_at_ms: int
    expires_at_ms: int
    purge_at_ms: int
    """When the row may go: some minutes after what comes first of the two."""
