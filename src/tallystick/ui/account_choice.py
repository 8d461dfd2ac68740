"""The choice of an account (``prompt=select_account``): go on as who is signed in here, or as somebody else."""

from __future__ import annotations

from ..authorization.steps import Step, location_of
from ..users.accounts import Accounts
from .desk import Desk
from .onward import onward
from .signing_in import SigningIn
from .visit import Reply, Sent, Visit


class AccountChoicePage:
    """Shows who is signed in."""

    def __init__(self, desk: Desk, accounts: Accounts, signing_in: SigningIn) -> None:
        self._desk = desk
        self._accounts = accounts
        self._signing_in = signing_in

    async def show(self, visit: Visit) -> Reply:
        """Who is signed in, and what else there is. Nobody is: then there is nothing to choose."""
        user = None
        if visit.session is not None:
            user = await self._accounts.by_id(visit.tenant.tenant_id, visit.session.user_id)
        if visit.session is None or user is None:
            return Sent(location_of(Step.SIGN_IN, visit.pending.id))
        values = {
            "email": user.email,
            "display_name": user.metadata.get("name") or user.email,
            "session_id": visit.session.id,
        }
        return await self._desk.show(visit, "account_choice.html", values)

    async def act(self, visit: Visit) -> Reply:
        """Whoever was shown is still who is signed in, or the choice is asked for again."""
        if visit.action == "cancel":
            return await self._signing_in.cancelled(visit)
        if visit.action == "other":
            return Sent(location_of(Step.SIGN_IN, visit.pending.id))
        if visit.session is None or visit.form.get("session") != visit.session.id:
            return await self.show(visit)
        await self._desk.pendings.advance(visit.pending, visit.now_ms, chosen_user_id=visit.session.user_id)
        return Sent(onward(visit.pending))
