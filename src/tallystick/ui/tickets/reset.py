"""A forgotten password: where one asks for a link, and where the link leads."""

from __future__ import annotations

from ...authorization.steps import Step, location_of
from ...errors import OAuthError
from ...tenants.options import Options
from ...users.mailed_links import MailedLinks
from ...users.password_check import not_offered
from ...users.password_policy import PasswordNotTaken
from ...users.redeeming import Redeeming
from ...users.ticket import CHANGE_PASSWORD
from ...users.tickets import PARAMETER
from ..desk import Desk, url_of
from ..letters import language_for
from ..visit import STATE, Reply, Sent, Visit

RESET, RESET_SENT, RESET_NEW = "/u/reset", "/u/reset/sent", "/u/reset/new"
EMAIL_CHARS_MAX = 320


class ResetPage:
    """Asks for the address; whatever it is, the answer is the same."""

    def __init__(self, desk: Desk, links: MailedLinks, options: Options) -> None:
        self._desk = desk
        self._links = links
        self._options = options

    async def show(self, visit: Visit) -> Reply:
        """The form."""
        await check_offered(self._options, visit)
        return await self._form(visit)

    async def act(self, visit: Visit) -> Reply:
        """Mail the link, perhaps."""
        await check_offered(self._options, visit)
        identifier = visit.form.get("username", "").strip()
        if not identifier or len(identifier) > EMAIL_CHARS_MAX:
            return await self._form(visit, problem="missing")
        pending_id = await pending_of(self._desk, visit, visit.query.get(STATE, ""))
        await self._links.reset(visit.facts, identifier, language_for(visit), pending_id)
        return Sent(url_of(RESET_SENT, pending_id or ""), visit.browser.headers)

    async def _form(self, visit: Visit, problem: str = "") -> Reply:
        return await self._desk.show(visit, "tickets/reset.html", {"problem": problem})


class ResetSentPage:
    """Says the same to everybody."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, visit: Visit) -> Reply:
        """That a message is on its way if there is such an account."""
        pending_id = await pending_of(self._desk, visit, visit.query.get(STATE, ""))
        return await self._desk.show(visit, "tickets/reset_sent.html", {"back": back_to(pending_id)})

    async def act(self, visit: Visit) -> Reply:
        """It has no form."""
        return Sent(RESET)


class NewPasswordPage:
    """Where the mailed link leads. Opening it spends nothing."""

    def __init__(self, desk: Desk, redeeming: Redeeming, options: Options) -> None:
        self._desk = desk
        self._redeeming = redeeming
        self._options = options

    async def show(self, visit: Visit) -> Reply:
        """The form."""
        return await self._form(visit, visit.query.get(PARAMETER, ""))

    async def act(self, visit: Visit) -> Reply:
        """Set it. Nobody is signed in by it: a second factor may be owed."""
        handle, password = visit.form.get(PARAMETER, ""), visit.form.get("password", "")
        if not password:
            return await self._form(visit, handle, "missing")
        try:
            ticket = await self._redeeming.set_password(visit.facts, handle, password)
        except PasswordNotTaken as refused:
            return await self._form(visit, handle, refused.reason)
        except OAuthError as refused:
            if refused.code != "temporarily_unavailable":
                raise
            return await self._form(visit, handle, "busy", status=503)
        pending_id = await pending_of(self._desk, visit, ticket.data.get("pending_id") or "")
        values = {"back": ticket.data.get("result_url") or back_to(pending_id)}
        return await self._desk.show(visit, "tickets/password_set.html", values)

    async def _form(self, visit: Visit, handle: str, problem: str = "", status: int = 200) -> Reply:
        _, user = await self._redeeming.seen(visit.facts, CHANGE_PASSWORD, handle)
        options = await self._options.connection(visit.tenant.tenant_id)
        values = {
            "ticket": handle,
            "email": user.email,
            "problem": problem,
            "length_min": options.password_length_min,
            "policy": options.password_rules.policy,
        }
        return await self._desk.show(visit, "tickets/new_password.html", values, status=status)


async def check_offered(options: Options, visit: Visit) -> None:
    """Whether there is anything to set a password for; raises OAuthError, check ``password.not_offered``."""
    if not (await options.connection(visit.tenant.tenant_id)).password_enabled:
        raise not_offered()


async def pending_of(desk: Desk, visit: Visit, pending_id: str) -> str | None:
    """The sign-in with this id, if it still waits in this browser."""
    if not pending_id:
        return None
    try:
        return (await desk.pendings.of(visit.tenant, pending_id, visit.browser.value, visit.now_ms)).id
    except OAuthError:
        return None


def back_to(pending_id: str | None) -> str:
    """Where people go on: the sign-in that waits, else their account."""
    return location_of(Step.SIGN_IN, pending_id) if pending_id else "/account"
