"""Signing in: what happens once a person proved who they are, whichever page they did it on.

Nobody is signed in by a first factor who has, or must have, a second one: :meth:`SignIns.first_factor_passed` answers
None then, and the page remembers who it is while the second is asked for. A sign-in always gives the browser a new
cookie (session fixation); a session of somebody else in the same browser is ended before.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from msgspec.structs import replace

from ..errors import OAuthError
from ..events import EventType
from ..live import LiveRecords
from ..metrics import SIGN_INS
from ..records import Stale
from ..tallies import Tallies
from ..tenants.tenant import Tenant
from .factors import Owed
from .facts import RequestFacts
from .session import Session
from .sessions import Begun, Device, Sessions
from .user import User

ATTEMPTS = 5
"""How often a sign-in is written anew because the account or the session changed meanwhile."""

EndSessions = Callable[[RequestFacts, Sequence[Session]], Awaitable[object]]
"""Ends sessions as a request wants it, says so in the log, and has their applications told."""
OwedBy = Callable[[Tenant, User, Sequence[str]], Awaitable[Owed]]
"""What a person owes who proved this ``amr``, by the tenant's policy (`users.factors`)."""


class SignIns:
    """Makes sessions out of what was proven."""

    def __init__(
        self,
        live: LiveRecords,
        sessions: Sessions,
        owed_by: OwedBy,
        end_sessions: EndSessions,
        tallies: Tallies,
    ) -> None:
        self._live = live
        self._sessions = sessions
        self._owed_by = owed_by
        self._end_sessions = end_sessions
        self._tallies = tallies

    async def first_factor_passed(
        self, facts: RequestFacts, user: User, amr: Sequence[str], session: Session | None
    ) -> Begun | None:
        """The session that begins, or None while a second factor is owed. ``session`` is what the browser has now.

        Raises OAuthError when the account was blocked or deleted meanwhile.
        """
        if await self._owed_by(facts.tenant, user, amr) is not Owed.NONE:
            return None
        return await self._begin(facts, user, amr, session)

    async def second_factor_passed(
        self, facts: RequestFacts, user: User, amr: Sequence[str], session: Session | None
    ) -> Begun:
        """The session that begins now that ``amr`` names both factors. Raises OAuthError likewise.

        For a person who is signed in already and only shows another factor, see `Sessions.step_up`.
        """
        return await self._begin(facts, user, amr, session)

    async def _begin(self, facts: RequestFacts, user: User, amr: Sequence[str], session: Session | None) -> Begun:
        if session is not None and session.user_id != user.user_id:
            await self._end_sessions(facts, [session])
            session = None
        event = facts.event(EventType.SIGN_IN_SUCCEEDED, "Signed in", user, amr=list(amr))
        device = Device(ip=facts.ip, user_agent=facts.user_agent)
        for _ in range(ATTEMPTS):
            seen = replace(
                user, logins_count=user.logins_count + 1, last_login_ms=facts.now_ms, last_ip=facts.ip or None
            )
            try:
                begun = await self._sessions.begin(
                    facts.tenant, user, amr, device, facts.now_ms, replaces=session, saves=(seen,), events=(event,)
                )
            except Stale:
                user = await self._again(user)
                session = await self._session_again(session)
                continue
            SIGN_INS.add("signed in", "")
            self._tallies.counted(facts.tenant.tenant_id, EventType.SIGN_IN_SUCCEEDED, facts.now_ms)
            return begun
        raise Stale(f"an account changed {ATTEMPTS} times while its owner signed in")

    async def _again(self, user: User) -> User:
        again = await self._live.get(User, user.tenant_id, user.user_id)
        if again is None or again.blocked:
            raise OAuthError("access_denied", "The account is blocked.", check="password.blocked")
        # A password that was changed while it was being checked has proven nothing.
        if again.password_changed_at_ms != user.password_changed_at_ms:
            raise OAuthError("access_denied", "The account has changed. Sign in again.", check="sign_in.changed")
        return again

    async def _session_again(self, session: Session | None) -> Session | None:
        return None if session is None else await self._live.get(Session, session.tenant_id, session.id)
