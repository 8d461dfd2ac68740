"""The overview of one's own account: profile, password, sessions, applications, and the way out."""

from __future__ import annotations

from typing import Any

from ...live import LiveRecords
from ...users.accounts import Accounts
from ...users.session import Session
from ...users.sessions import is_alive
from ..desk import Desk
from ..visit import Reply, Sent, Visit
from .applications import ReadApplications
from .device import device_name
from .person import person_of, session_of

ACCOUNT = "/account"
SESSIONS_MAX = 100
DONE = ("password", "session", "sessions", "application")
"""What the overview may say was done: ``done`` in its URL is one of these."""


class Overview:
    """Shows it; the other pages of the account show it again when something did not work."""

    def __init__(self, desk: Desk, live: LiveRecords, accounts: Accounts, read_applications: ReadApplications) -> None:
        self._desk = desk
        self._live = live
        self._accounts = accounts
        self._read_applications = read_applications

    async def show(self, visit: Visit) -> Reply:
        """GET /account."""
        done = visit.query.get("done", "")
        return await self.with_problem(visit, "", done=done if done in DONE else "")

    async def act(self, visit: Visit) -> Reply:
        """Its forms lead elsewhere."""
        return Sent(ACCOUNT)

    async def with_problem(self, visit: Visit, problem: str, done: str = "") -> Reply:
        """The overview; ``problem`` names a text of ``account.problem``."""
        user = await person_of(self._accounts, visit)
        session = session_of(visit)
        where = {"user_id": user.user_id}
        found = await self._live.find(
            Session, visit.tenant.tenant_id, where=where, newest_first=True, limit=SESSIONS_MAX
        )
        living = [_shown(one) for one in found if is_alive(one, visit.now_ms) and one.id != session.id]
        values = {
            "user": user,
            "display_name": user.metadata.get("name") or user.email,
            "this_session": _shown(session),
            "other_sessions": living,
            "applications": await self._read_applications(visit.tenant, user.user_id, visit.now_ms),
            "problem": problem,
            "done": done,
        }
        return await self._desk.show(visit, "account/overview.html", values)


def _shown(session: Session) -> dict[str, Any]:
    device = session.device
    browser, system = device_name(str(device.get("last_user_agent") or ""))
    return {
        "id": session.id,
        "browser": browser,
        "system": system,
        "ip": device.get("last_ip") or "",
        "since_ms": session.authenticated_at_ms,
        "seen_ms": session.updated_at_ms,
    }
