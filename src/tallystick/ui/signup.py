"""The sign-up page: an account of one's own, where the tenant lets people make one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from ..errors import Conflict, InvalidField, OAuthError
from ..events import Event, EventLog, EventType
from ..tallies import Tallies
from ..tenants.options import ConnectionOptions, Options
from ..tenants.settings import flag
from ..users.accounts import Accounts
from ..users.attempt_counts import AttemptCounts, TooMany
from ..users.password_policy import PasswordNotTaken
from ..users.user import DATABASE_CONNECTION, User
from .desk import Desk
from .signing_in import SigningIn
from .visit import Reply, Visit

EMAIL_CHARS_MAX = 320
TELLS_OF_ACCOUNTS = "enable_public_signup_user_exists_error"
"""Whether strangers may learn who has an account."""
PASSWORD_PROBLEMS = ("too_short", "too_plain", "repeating", "listed", "personal", "breached")

Greet = Callable[[Visit, User], Awaitable[None]]
"""What else happens to a new account, such as a message that asks to verify the address."""


class SignUpPage:
    """Shows the form, makes the account, and signs its owner in."""

    def __init__(
        self,
        desk: Desk,
        options: Options,
        accounts: Accounts,
        counts: AttemptCounts,
        signing_in: SigningIn,
        log: EventLog,
        tallies: Tallies,
        greet: Greet | None = None,
    ) -> None:
        self._desk = desk
        self._options = options
        self._accounts = accounts
        self._counts = counts
        self._signing_in = signing_in
        self._log = log
        self._tallies = tallies
        self._greet = greet

    async def show(self, visit: Visit) -> Reply:
        """The empty form."""
        return await self._form(visit, await self._allowed(visit), email=visit.pending.parameters.get("login_hint", ""))

    async def act(self, visit: Visit) -> Reply:
        """Make the account, or cancel."""
        if visit.action == "cancel":
            return await self._signing_in.cancelled(visit)
        options = await self._allowed(visit)
        email, password = visit.form.get("username", "").strip(), visit.form.get("password", "")
        name = visit.form.get("handle", "").strip()
        if not email or not password or (options.requires_username and not name):
            return await self._form(visit, options, email, name, problem="missing")
        body = {"connection": DATABASE_CONNECTION, "email": email, "password": password}
        if options.requires_username:
            body["username"] = name
        try:
            user = await self._made(visit, body)
        except _NotMade as refused:
            return await self._not_made(visit, options, email, name, refused.problem)
        if self._greet is not None:
            await self._greet(visit, user)
        return await self._signing_in.first_factor_passed(visit, user, ["pwd"])

    async def _allowed(self, visit: Visit) -> ConnectionOptions:
        options = await self._options.connection(visit.tenant.tenant_id)
        if not options.may_sign_up:
            raise OAuthError("access_denied", "Sign-up is disabled.", check="sign_up.disabled")
        return options

    async def _made(self, visit: Visit, body: dict[str, Any]) -> User:
        """The account. Raises :class:`_NotMade`, and has the log know why."""
        facts = visit.facts

        def made(description: str, **details: Any) -> Event:
            return facts.event(EventType.SIGN_UP_SUCCEEDED, description, **details)

        try:
            await self._counts.reserve_sign_up(facts)
            user = await self._accounts.create(visit.tenant, body, visit.now_ms, made)
        except TooMany:
            problem, check = "too_many", "password.address_attempts"
        except PasswordNotTaken as refused:
            problem, check = refused.reason, refused.check
        except InvalidField as refused:
            problem, check = _PROBLEM_OF.get(refused.path, "missing"), refused.check
        except Conflict as refused:
            problem, check = "taken", refused.check
        except OAuthError as refused:
            if refused.code != "temporarily_unavailable":
                raise
            problem, check = "busy", refused.check
        else:
            self._tallies.counted(visit.tenant.tenant_id, EventType.SIGN_UP_SUCCEEDED, visit.now_ms)
            return user
        await self._log.record(facts.event(EventType.SIGN_UP_FAILED, "No account was made", check=check))
        raise _NotMade(problem)

    async def _not_made(self, visit: Visit, options: ConnectionOptions, email: str, name: str, problem: str) -> Reply:
        if problem == "taken" and not flag(visit.tenant, TELLS_OF_ACCOUNTS):
            return await self._desk.show(visit, "signup_taken.html", {"email": email})
        return await self._form(visit, options, email, name, problem, status=503 if problem == "busy" else 200)

    async def _form(
        self,
        visit: Visit,
        options: ConnectionOptions,
        email: str = "",
        name: str = "",
        problem: str = "",
        status: int = 200,
    ) -> Reply:
        values = {
            "username": email[:EMAIL_CHARS_MAX],
            "handle": name[:EMAIL_CHARS_MAX],
            "problem": problem,
            "password_problem": problem in PASSWORD_PROBLEMS,
            "requires_handle": options.requires_username,
            "length_min": options.password_length_min,
            "policy": options.password_rules.policy,
        }
        return await self._desk.show(visit, "signup.html", values, status=status)


_PROBLEM_OF = {"email": "email", "username": "handle", "password": "too_long"}
"""Field that is not acceptable → what is said of it."""


class _NotMade(Exception):
    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem
