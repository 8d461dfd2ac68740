"""Mailed links: who gets one, and that nobody learns by it who has an account."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

from ..events import Event, EventLog, EventType
from ..live import LiveRecords
from ..mail.mailer import Mailer
from ..mail.message import Message
from ..tenants.tenant import Tenant
from .accounts import Accounts
from .facts import RequestFacts
from .mail_counts import MailCounts
from .ticket import CHANGE_PASSWORD, VERIFY_EMAIL
from .tickets import Tickets
from .user import User


class Letter(StrEnum):
    """What a message is about."""

    RESET = "reset"
    VERIFY = "verify"


class WriteLetter(Protocol):
    """Has the words. `ui` implements it."""

    async def __call__(self, tenant: Tenant, letter: Letter, *, to: str, link: str, language: str = "") -> Message:
        """The message in this language; empty for the tenant's own."""
        ...


MakeEvent = Callable[[str, str, User | None], Event]
"""Type, description, whom it is about → the log row."""


class MailedLinks:
    """Sends them."""

    def __init__(
        self,
        live: LiveRecords,
        log: EventLog,
        accounts: Accounts,
        tickets: Tickets,
        counts: MailCounts,
        write: WriteLetter,
        mailer: Mailer,
    ) -> None:
        self._live = live
        self._log = log
        self._accounts = accounts
        self._tickets = tickets
        self._counts = counts
        self._write = write
        self._mailer = mailer

    async def reset(self, facts: RequestFacts, identifier: str, language: str, pending_id: str | None) -> None:
        """Mail a link for a new password, if there is such an account; otherwise as much is done, but for the mail.

        ``pending_id`` is the sign-in that waits for it.
        """
        if not await self._counts.take(facts, identifier):
            await self._log.record(facts.event(EventType.RESET_NOT_MAILED, "Too much mail", check="reset.throttled"))
            return
        user = await self._accounts.by_login(facts.tenant.tenant_id, identifier)
        # Written for nobody too: what it costs tells nothing.
        whom = user or _nobody(facts)
        ticket, link = self._tickets.new(
            facts.tenant, whom, CHANGE_PASSWORD, facts.now_ms, pending_id=pending_id, mark_email_as_verified=True
        )
        message = await self._write(facts.tenant, Letter.RESET, to=whom.email, link=link, language=language)
        if user is None:
            await self._log.record(facts.event(EventType.RESET_NOT_MAILED, "No such account", check="reset.unknown"))
            return
        event = facts.event(EventType.RESET_MAILED, "A link for a new password was mailed", user)
        await self._live.write(saves=(ticket,), events=(event,))
        self._mailer.send(message, facts.correlation_id)

    async def verify(
        self,
        tenant: Tenant,
        user: User,
        event: Event,
        now_ms: int,
        *,
        language: str = "",
        result_url: str | None = None,
        client_id: str | None = None,
    ) -> None:
        """Mail a link that proves the address; ``event`` is the log row, of type `EventType.VERIFICATION_MAILED`."""
        ticket, link = self._tickets.new(tenant, user, VERIFY_EMAIL, now_ms, result_url=result_url, client_id=client_id)
        message = await self._write(tenant, Letter.VERIFY, to=user.email, link=link, language=language)
        await self._live.write(saves=(ticket,), events=(event,))
        self._mailer.send(message, event.correlation_id)


def _nobody(facts: RequestFacts) -> User:
    return User(
        tenant_id=facts.tenant.tenant_id,
        user_id="auth0|nobody",
        email="nobody@nowhere.invalid",
        created_at_ms=facts.now_ms,
        updated_at_ms=facts.now_ms,
    )
