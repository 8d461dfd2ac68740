"""The sign-in page: e-mail address or username, and password."""

from __future__ import annotations

from ..errors import OAuthError
from ..tenants.options import Options
from ..users.password_check import PasswordCheck, SignInRefused
from .desk import Desk
from .signing_in import SigningIn
from .visit import Reply, Shown, Visit

USERNAME_CHARS_MAX = 320


class LoginPage:
    """Shows the form, checks what was typed."""

    def __init__(self, desk: Desk, options: Options, check: PasswordCheck, signing_in: SigningIn) -> None:
        self._desk = desk
        self._options = options
        self._check = check
        self._signing_in = signing_in

    async def show(self, visit: Visit) -> Reply:
        """The empty form, or with what the application knows of the person (``login_hint``)."""
        return await self._form(visit, visit.pending.parameters.get("login_hint", ""))

    async def act(self, visit: Visit) -> Reply:
        """Sign in, or cancel."""
        if visit.action == "cancel":
            return await self._signing_in.cancelled(visit)
        username, password = visit.form.get("username", "").strip(), visit.form.get("password", "")
        if not username or not password:
            return await self._form(visit, username, problem="missing")
        try:
            user = await self._check.check(visit.facts, username, password)
        except SignInRefused as refused:
            return await self._form(visit, username, problem=refused.told)
        except OAuthError as refused:
            if refused.code != "temporarily_unavailable":
                raise
            return await self._form(visit, username, problem="busy", status=503)
        return await self._signing_in.first_factor_passed(visit, user, ["pwd"])

    async def _form(self, visit: Visit, username: str, problem: str = "", status: int = 200) -> Shown:
        options = await self._options.connection(visit.tenant.tenant_id)
        values = {
            "username": username[:USERNAME_CHARS_MAX],
            "problem": problem,
            "may_sign_up": options.may_sign_up,
            "has_password": options.password_enabled,
            "has_passkey": options.passkey_enabled,
        }
        return await self._desk.show(visit, "login.html", values, status=status)
