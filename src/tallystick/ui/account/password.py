"""A new password for one's own account: for whoever knows the old one. Every other session ends with it."""

from __future__ import annotations

from typing import Any

from ...events import Event, EventType
from ...users.accounts import Accounts
from ...users.password_check import PasswordCheck, SignInRefused
from ...users.password_policy import PasswordNotTaken
from ...users.sessions import Device, Sessions
from ...users.user import User
from ...web.cookies import SESSION, set_cookie
from ..visit import Reply, Sent, Visit
from .overview import Overview
from .person import person_of, session_of


class PasswordPage:
    """POST: change it."""

    def __init__(self, overview: Overview, accounts: Accounts, check: PasswordCheck, sessions: Sessions) -> None:
        self._overview = overview
        self._accounts = accounts
        self._check = check
        self._sessions = sessions

    async def show(self, visit: Visit) -> Reply:
        """The form stands on the overview."""
        return Sent("/account")

    async def act(self, visit: Visit) -> Reply:
        """The old password is checked as at sign-in: it counts as an attempt, and a blocked account stays blocked."""
        user = await person_of(self._accounts, visit)
        current, new = visit.form.get("current_password", ""), visit.form.get("new_password", "")
        if not current or not new:
            return await self._overview.with_problem(visit, "missing")
        try:
            user = await self._check.check(visit.facts, user.email, current)
        except SignInRefused as refused:
            if refused.told != "breached":  # it is right, and about to be replaced
                return await self._overview.with_problem(visit, refused.told)
        if new == current:
            return await self._overview.with_problem(visit, "same")
        try:
            changed = await self._accounts.set_password(visit.tenant, user, new, visit.now_ms, _log(visit, user))
        except PasswordNotTaken as refused:
            return await self._overview.with_problem(visit, refused.reason)
        return await self._signed_in_again(visit, changed)

    async def _signed_in_again(self, visit: Visit, user: User) -> Reply:
        """Every session ended with the old password; this browser gets a new one, as sure as before."""
        facts = visit.facts
        device = Device(ip=facts.ip, user_agent=facts.user_agent)
        before = session_of(visit)
        # Only the password was shown now: whatever else was proven is as long ago as it was (auth_time, max_age).
        begun = await self._sessions.begin(
            visit.tenant, user, before.amr, device, visit.now_ms, authenticated_at_ms=before.authenticated_at_ms
        )
        cookie = set_cookie(SESSION, begun.cookie, max_age_s=begun.max_age_s)
        return Sent("/account?done=password", [*visit.browser.headers, cookie])


def _log(visit: Visit, user: User) -> Any:
    def write(description: str, **details: Any) -> Event:
        return visit.facts.event(EventType.PASSWORD_CHANGED, description, user, **details)

    return write
