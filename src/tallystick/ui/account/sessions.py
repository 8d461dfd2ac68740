"""Sessions of one's own account: one of them ended from another, or all the others, or this one."""

from __future__ import annotations

from ...live import LiveRecords
from ...users.session import Session
from ...users.sign_in import EndSessions
from ...web.cookies import SESSION, clear_cookie
from ..desk import Desk
from ..visit import Reply, Sent, Visit
from .person import session_of


class SessionsPage:
    """POST: end one session, or all but this one."""

    def __init__(self, live: LiveRecords, end: EndSessions) -> None:
        self._live = live
        self._end = end

    async def show(self, visit: Visit) -> Reply:
        """Sessions stand on the overview."""
        return Sent("/account")

    async def act(self, visit: Visit) -> Reply:
        """Only sessions of the same person are looked at, so another's id ends nothing."""
        session = session_of(visit)
        found = await self._live.find(Session, visit.tenant.tenant_id, where={"user_id": session.user_id})
        others = [one for one in found if one.id != session.id]
        if visit.action == "end-others":
            await self._end(visit.facts, others)
            return Sent("/account?done=sessions")
        chosen = [one for one in others if one.id == visit.form.get("session", "")]
        await self._end(visit.facts, chosen)
        return Sent("/account?done=session")


class SignOutPage:
    """POST: end this session."""

    def __init__(self, desk: Desk, end: EndSessions) -> None:
        self._desk = desk
        self._end = end

    async def show(self, visit: Visit) -> Reply:
        """The button stands on the overview."""
        return Sent("/account")

    async def act(self, visit: Visit) -> Reply:
        """Sign out, and say so."""
        await self._end(visit.facts, [session_of(visit)])
        shown = await self._desk.show(visit, "account/signed_out.html", {})
        shown.headers.append(clear_cookie(SESSION))
        return shown
