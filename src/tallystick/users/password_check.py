"""The check of a password at sign-in: is it right, may this account and this address still try, may the person come in?

    0  passwords are not taken at all, where the connection says so
    1  count the attempt, or refuse it: the account or the address has none left    attempt_counts
    2  compare, with as much work for an account that does not exist                passwords
    3  wrong: say so, in the same words whatever was wrong
    4  right: the count is over
    5  the account is blocked by an administrator: say so, to its owner alone
    6  the password is one that others know: refuse it, where the tenant says so
    7  its hash is older than ours: make it anew, while the password is at hand

A right password is refused as well while attempts are: otherwise the block would tell which guess was right.
"""

from __future__ import annotations

from msgspec.structs import replace

from ..errors import OAuthError
from ..events import Event, EventLog, EventType
from ..live import LiveRecords
from ..metrics import SIGN_INS
from ..records import Stale
from ..tallies import Tallies
from ..tenants.options import Options
from .accounts import Accounts
from .attempt_counts import AttemptCounts, Reserved, TooMany
from .facts import RequestFacts
from .password_policy import KnownPasswords
from .passwords import PASSWORD_CHARS_MAX, Passwords
from .throttle import ACCOUNT
from .user import User

WRONG = "Wrong email or password."
TOO_MANY = "Too many attempts: wait, or set a new password."
BLOCKED = "The account is blocked."
BREACHED = "The password is on a list of passwords that others know: set a new one."


class SignInRefused(OAuthError):
    """The person does not get in.

    ``told`` says which text they see: ``wrong``, ``too_many``, ``blocked`` or ``breached``. ``check`` is for the log
    alone: it tells a wrong password from an unknown account.
    """

    def __init__(self, told: str, description: str, *, check: str) -> None:
        super().__init__("access_denied", description, check=check)
        self.told = told


class PasswordCheck:
    """Checks passwords. The one way by which a password lets anybody in."""

    def __init__(
        self,
        accounts: Accounts,
        passwords: Passwords,
        counts: AttemptCounts,
        known: KnownPasswords,
        options: Options,
        live: LiveRecords,
        log: EventLog,
        tallies: Tallies,
    ) -> None:
        self._accounts = accounts
        self._passwords = passwords
        self._counts = counts
        self._known = known
        self._options = options
        self._live = live
        self._log = log
        self._tallies = tallies

    async def check(self, facts: RequestFacts, identifier: str, password: str) -> User:
        """Who it is. Raises :class:`SignInRefused`, and OAuthError: ``temporarily_unavailable`` when too many wait.

        Another OAuthError, check ``password.not_offered``, where nobody signs in by password.
        """
        try:
            return await self._checked(facts, identifier, password)
        except OAuthError as refusal:
            SIGN_INS.add("refused", refusal.check)
            raise

    async def _checked(self, facts: RequestFacts, identifier: str, password: str) -> User:
        tenant_id = facts.tenant.tenant_id
        if not (await self._options.connection(tenant_id)).password_enabled:  # 0
            raise not_offered()
        user = await self._accounts.by_login(tenant_id, identifier)
        try:
            reserved = await self._counts.reserve(facts, identifier, user)  # 1
        except TooMany as refusal:
            raise await self._refused_unseen(facts, user, refusal.subject) from None
        try:
            is_right = await self._passwords.verify(_hash_of(user), password[:PASSWORD_CHARS_MAX])  # 2
        except OAuthError:
            await self._counts.give_back(facts, reserved)
            raise
        if user is None or not is_right or len(password) > PASSWORD_CHARS_MAX:
            raise await self._wrong(facts, user, reserved)  # 3
        await self._counts.forgive(facts, reserved)  # 4
        if user.blocked:  # 5
            await self._record(facts.event(EventType.SIGN_IN_FAILED, BLOCKED, user, check="password.blocked"))
            raise SignInRefused("blocked", BLOCKED, check="password.blocked")
        await self._check_known(facts, user, password)  # 6
        return await self._with_current_hash(user, password)  # 7

    async def _refused_unseen(self, facts: RequestFacts, user: User | None, subject: str) -> SignInRefused:
        of_account = subject == ACCOUNT
        check = "password.account_attempts" if of_account else "password.address_attempts"
        type = EventType.ACCOUNT_BLOCKED if of_account else EventType.ADDRESS_BLOCKED
        await self._record(facts.event(type, TOO_MANY, user, check=check))
        return SignInRefused("too_many", TOO_MANY, check=check)

    async def _wrong(self, facts: RequestFacts, user: User | None, reserved: Reserved) -> SignInRefused:
        check = "password.unknown_user" if user is None else "password.wrong"
        type = EventType.UNKNOWN_USER if user is None else EventType.WRONG_PASSWORD
        await self._record(facts.event(type, WRONG, user, check=check))
        for is_last, blocked, check_of_block in (
            (reserved.reached, EventType.ACCOUNT_BLOCKED, "password.account_attempts"),
            (reserved.filled, EventType.ADDRESS_BLOCKED, "password.address_attempts"),
        ):
            if is_last:
                await self._record(facts.event(blocked, TOO_MANY, user, check=check_of_block))
        return SignInRefused("wrong", WRONG, check=check)

    async def _check_known(self, facts: RequestFacts, user: User, password: str) -> None:
        breached = await self._options.breached(facts.tenant.tenant_id)
        if not breached.enabled or not await self._known.contains(password):
            return
        refused = breached.blocks_sign_in
        await self._record(
            facts.event(EventType.BREACHED_PASSWORD, BREACHED, user, check="password.breached", refused=refused)
        )
        if refused:
            raise SignInRefused("breached", BREACHED, check="password.breached")

    async def _with_current_hash(self, user: User, password: str) -> User:
        if self._passwords.is_current(user.password_hash or ""):
            return user
        changed = replace(user, password_hash=await self._passwords.hash(password))
        try:
            await self._live.write(saves=(changed,))
        except Stale:
            return user  # somebody changed the account meanwhile; the next sign-in will do it
        return replace(changed, version=changed.version + 1)

    async def _record(self, event: Event) -> None:
        self._tallies.counted(event.tenant_id, event.type, event.at_ms)
        await self._log.record(event)


def not_offered() -> OAuthError:
    """The refusal where the connection's ``authentication_methods.password`` is off."""
    return OAuthError("access_denied", "Passwords are not taken here.", check="password.not_offered")


def _hash_of(user: User | None) -> str | None:
    return None if user is None else user.password_hash
