"""What links do: a new password, a proven address. Once each, and only for the address they were mailed to."""

from __future__ import annotations

from typing import Any

from ..errors import OAuthError
from ..events import Event, EventType
from .accounts import Accounts
from .facts import RequestFacts
from .password_policy import PasswordNotTaken
from .ticket import CHANGE_PASSWORD, VERIFY_EMAIL, Ticket
from .tickets import Tickets, refused
from .user import User


class Redeeming:
    """Redeems tickets."""

    def __init__(self, tickets: Tickets, accounts: Accounts) -> None:
        self._tickets = tickets
        self._accounts = accounts

    async def seen(self, facts: RequestFacts, purpose: str, handle: str) -> tuple[Ticket, User]:
        """The living ticket and whom it is about; raises OAuthError. Spends nothing: mail scanners open links too."""
        ticket = await self._tickets.find(facts.tenant, purpose, handle, facts.now_ms)
        user = await self._accounts.by_id(facts.tenant.tenant_id, ticket.user_id)
        if user is None or user.email != ticket.data.get("email"):
            raise refused("ticket.account")
        return ticket, user

    async def set_password(self, facts: RequestFacts, handle: str, password: str) -> Ticket:
        """Set a new password; every session and refresh token of the person ends with the old one, and a block.

        Raises OAuthError for a link that does not hold, and :class:`~.password_policy.PasswordNotTaken`, after which
        the link is good again.
        """
        ticket, user = await self.seen(facts, CHANGE_PASSWORD, handle)
        await self._tickets.spend(ticket)
        try:
            user = await self._accounts.set_password(
                facts.tenant, user, password, facts.now_ms, _log(facts, EventType.PASSWORD_CHANGED, user)
            )
        except (PasswordNotTaken, OAuthError):
            await self._tickets.give_back(ticket)
            raise
        if ticket.data.get("mark_email_as_verified") and not user.email_verified:
            await self._verified(facts, user)
        return ticket

    async def verify(self, facts: RequestFacts, handle: str) -> Ticket:
        """The address is proven; raises OAuthError for a link that does not hold."""
        ticket, user = await self.seen(facts, VERIFY_EMAIL, handle)
        await self._tickets.spend(ticket)
        await self._verified(facts, user)
        await self._tickets.forget(ticket)
        return ticket

    async def _verified(self, facts: RequestFacts, user: User) -> None:
        event = facts.event(EventType.EMAIL_VERIFIED, "The address was verified", user)
        await self._accounts.mark_email_verified(user, facts.now_ms, event)


def _log(facts: RequestFacts, type_: str, user: User) -> Any:
    def write(description: str, **details: Any) -> Event:
        return facts.event(type_, description, user, **details)

    return write
