"""Where a link leads that proves an address: a page with a button, since mail scanners open every link."""

from __future__ import annotations

from ...users.redeeming import Redeeming
from ...users.ticket import VERIFY_EMAIL
from ...users.tickets import PARAMETER
from ..desk import Desk
from ..visit import Reply, Visit

VERIFY = "/u/verify"


class VerifyPage:
    """Shows the button; pressing it proves the address."""

    def __init__(self, desk: Desk, redeeming: Redeeming) -> None:
        self._desk = desk
        self._redeeming = redeeming

    async def show(self, visit: Visit) -> Reply:
        """The button."""
        handle = visit.query.get(PARAMETER, "")
        _, user = await self._redeeming.seen(visit.facts, VERIFY_EMAIL, handle)
        return await self._desk.show(visit, "tickets/verify.html", {"ticket": handle, "email": user.email})

    async def act(self, visit: Visit) -> Reply:
        """Proven."""
        ticket = await self._redeeming.verify(visit.facts, visit.form.get(PARAMETER, ""))
        values = {"email": ticket.data["email"], "back": ticket.data.get("result_url") or "/account"}
        return await self._desk.show(visit, "tickets/verified.html", values)
