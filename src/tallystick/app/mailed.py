"""Mailed links: who writes and sends them, and the pages that they lead to."""

from __future__ import annotations

from ..events import EventType
from ..ui.desk import Desk
from ..ui.letters import Letters, language_for
from ..ui.signup import Greet
from ..ui.tickets.reset import RESET, RESET_NEW, RESET_SENT, NewPasswordPage, ResetPage, ResetSentPage
from ..ui.tickets.verify import VERIFY, VerifyPage
from ..ui.visit import Visit
from ..users.mail_counts import MailCounts
from ..users.mailed_links import MailedLinks
from ..users.redeeming import Redeeming
from ..users.tickets import Tickets
from ..users.user import User
from ..web.gate import Endpoint
from .worker import Worker


def tickets_of(worker: Worker) -> Tickets:
    """What makes links."""
    return Tickets(worker.storage, worker.handles)


def mailed_links_of(worker: Worker) -> MailedLinks:
    """What mails them."""
    return MailedLinks(
        worker.storage,
        worker.storage,
        worker.people.accounts,
        tickets_of(worker),
        MailCounts(worker.storage, worker.handles, worker.options),
        Letters(worker.options.branding),
        worker.mailer,
    )


def ticket_endpoints(worker: Worker, desk: Desk) -> dict[str, Endpoint]:
    """Path → what answers there."""
    redeeming = Redeeming(tickets_of(worker), worker.people.accounts)
    return {
        RESET: desk.open_to_all(ResetPage(desk, mailed_links_of(worker), worker.options)),
        RESET_SENT: desk.open_to_all(ResetSentPage(desk)),
        RESET_NEW: desk.open_to_all(NewPasswordPage(desk, redeeming, worker.options)),
        VERIFY: desk.open_to_all(VerifyPage(desk, redeeming)),
    }


def greeting_of(worker: Worker) -> Greet:
    """Asks whoever signed up to prove their address."""
    links = mailed_links_of(worker)

    async def greet(visit: Visit, user: User) -> None:
        event = visit.facts.event(EventType.VERIFICATION_MAILED, "A link that proves the address was mailed", user)
        await links.verify(
            visit.tenant,
            user,
            event,
            visit.now_ms,
            language=language_for(visit),
            client_id=visit.facts.client_id or None,
        )

    return greet
