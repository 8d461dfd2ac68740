"""Where a sign-in for one's own account returns to: decides what is still to be done, as `/authorize/resume` does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ...authorization.progress import progress_of
from ...authorization.steps import Step, location_of
from ...errors import OAuthError
from ...users.factors import Owed
from ...users.sign_in import OwedBy
from ...users.user import User
from ..desk import Desk
from ..onward import RETURN
from ..visit import Reply, Sent, Visit

ReadUser = Callable[[str, str], Awaitable[User | None]]
"""Tenant id and user id → the account."""
_STEPS = {Owed.CHALLENGE: Step.SECOND_FACTOR, Owed.ENROLL: Step.ENROLL_FACTOR, Owed.NONE: Step.SIGN_IN}


class AccountResume:
    """Sends the browser on."""

    def __init__(self, desk: Desk, read_user: ReadUser, owed_by: OwedBy) -> None:
        self._desk = desk
        self._read_user = read_user
        self._owed_by = owed_by

    async def show(self, visit: Visit) -> Reply:
        """To the page of the account, to the next step, or to the end of it."""
        pending, progress = visit.pending, progress_of(visit.pending)
        if pending.client_id:
            raise OAuthError("invalid_request", "This is an application's sign-in.", check="pending.unknown")
        if progress.refused:
            await self._desk.pendings.end(pending)
            return await self._desk.show(visit, "account/cancelled.html", {})
        if pending.user_id is not None:
            return Sent(location_of(await self._step(visit, pending.user_id, progress.amr), pending.id))
        if visit.session is None:
            return Sent(location_of(Step.SIGN_IN, pending.id))
        await self._desk.pendings.end(pending)
        return Sent(pending.parameters[RETURN])

    async def act(self, visit: Visit) -> Reply:
        """There is no form that leads here."""
        return await self.show(visit)

    async def _step(self, visit: Visit, user_id: str, amr: list[str]) -> Step:
        user = await self._read_user(visit.tenant.tenant_id, user_id)
        if user is None or user.blocked:
            raise OAuthError("access_denied", "The account is blocked.", check="password.blocked")
        return _STEPS[await self._owed_by(visit.tenant, user, amr)]
