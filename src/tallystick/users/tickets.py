"""Tickets: what mailed links open, once. The link holds a handle; the database its keyed hash (see `handles`)."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from ..clock import DAY_MS
from ..errors import Conflict, OAuthError
from ..events import Event
from ..handles import HANDLE_CHARS, HandleHasher, new_handle
from ..live import LiveRecords
from ..records import Json, Stale
from ..tenants.tenant import Tenant
from .ticket import CHANGE_PASSWORD, VERIFY_EMAIL, Ticket
from .user import User

HANDLE_PURPOSE = "ticket"
PARAMETER = "ticket"
PATHS = {CHANGE_PASSWORD: "u/reset/new", VERIFY_EMAIL: "u/verify"}
"""Purpose → the page that the link leads to."""
MAILED_LIFE_MS = {CHANGE_PASSWORD: 3_600_000, VERIFY_EMAIL: 5 * DAY_MS}
"""How long a link lives that a person asked for: one hour for what opens an account; five days as Auth0's for the
other."""


class Tickets:
    """Makes and redeems tickets."""

    def __init__(self, live: LiveRecords, handles: HandleHasher) -> None:
        self._live = live
        self._handles = handles

    def new(
        self, tenant: Tenant, user: User, purpose: str, now_ms: int, *, life_ms: int | None = None, **data: object
    ) -> tuple[Ticket, str]:
        """A ticket, to be written, and the link that opens it.

        The link begins with the issuer, which is configured: no header of a request has a part in it (attacks.md 49).
        ``data`` is kept with it: see `users.ticket`.
        """
        handle = new_handle()
        expires_at_ms = now_ms + (MAILED_LIFE_MS[purpose] if life_ms is None else life_ms)
        kept: Json = {name: value for name, value in data.items() if value is not None}
        ticket = Ticket(
            tenant_id=tenant.tenant_id,
            ticket_hash=self._hash(tenant, purpose, handle),
            purpose=purpose,
            user_id=user.user_id,
            # It is about this address: when the account has another one, whoever reads the old one's mail has nothing.
            data={**kept, "email": user.email},
            created_at_ms=now_ms,
            expires_at_ms=expires_at_ms,
            purge_at_ms=expires_at_ms,
        )
        return ticket, f"{tenant.url(PATHS[purpose])}?{PARAMETER}={handle}"

    async def create(
        self,
        tenant: Tenant,
        user: User,
        purpose: str,
        now_ms: int,
        *,
        life_ms: int | None = None,
        events: Sequence[Event] = (),
        **data: object,
    ) -> str:
        """The link of a ticket that is written together with ``events``."""
        ticket, link = self.new(tenant, user, purpose, now_ms, life_ms=life_ms, **data)
        await self._live.write(saves=(ticket,), events=events)
        return link

    async def find(self, tenant: Tenant, purpose: str, handle: str, now_ms: int) -> Ticket:
        """The living ticket of a link, unspent; raises OAuthError for all else. A look spends nothing."""
        # Looked up whatever its form: a guess costs as much as a true one.
        ticket = await self._live.get(Ticket, tenant.tenant_id, self._hash(tenant, purpose, handle[: HANDLE_CHARS + 1]))
        if ticket is None or ticket.purpose != purpose:
            raise refused("ticket.unknown")
        if now_ms >= ticket.expires_at_ms:
            raise refused("ticket.expired")
        return ticket

    async def spend(self, ticket: Ticket) -> None:
        """Spend it: of several who try at once, one succeeds; raises OAuthError for the others."""
        try:
            await self._live.write(erasures=(ticket,))
        except Stale:
            raise refused("ticket.unknown") from None

    async def give_back(self, ticket: Ticket) -> None:
        """Let it be good again: what it was spent for did not happen."""
        try:
            await self._live.write(saves=(replace(ticket, version=0),))
        except Conflict:
            return

    async def forget(self, ticket: Ticket) -> None:
        """Let the person's other tickets of this kind be good no more."""
        where = {"user_id": ticket.user_id, "purpose": ticket.purpose}
        await self._live.erase_where(Ticket, ticket.tenant_id, where)

    def _hash(self, tenant: Tenant, purpose: str, handle: str) -> str:
        return self._handles.digest(HANDLE_PURPOSE, tenant.tenant_id, purpose, handle)


def refused(check: str) -> OAuthError:
    """A link that does not hold."""
    return OAuthError("invalid_request", "This link has expired or was used.", check=check)
