"""The one writer of accounts: every door that makes, changes or deletes one goes through here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum

from msgspec.structs import replace

from ..errors import Conflict
from ..events import Event, EventType
from ..live import LiveRecord, LiveRecords
from ..records import Json, Stale
from ..tenants.options import Options
from ..tenants.registry import Log
from ..tenants.tenant import Tenant
from .account_rules import checked_new, checked_update, new_user, no_such_user, updated_user, user_exists
from .authenticator import Authenticator
from .consent import Consent
from .password_imports import encoded_password
from .password_policy import PasswordPolicy
from .passwords import Passwords
from .role import RoleMember, UserPermission
from .ticket import Ticket
from .user import DATABASE_CONNECTION, User

ATTEMPTS = 10
"""How often a change is decided anew when another one of the same account came first."""


class Because(StrEnum):
    """Why a person loses what they were given, sessions and tokens: Auth0's words for the end of a session."""

    PASSWORD_CHANGED = "password-changed"  # noqa: S105  # a word
    ACCOUNT_DELETED = "account-deleted"
    ACCOUNT_DEACTIVATED = "account-deactivated"
    """An administrator blocked it."""


Withdrawal = Callable[[Tenant, User, Because, int], Awaitable[None]]
"""Takes back what a person was given; the last is the time in milliseconds."""
OWNED: tuple[type[LiveRecord], ...] = (Authenticator, Consent, RoleMember, UserPermission, Ticket)
"""What goes with an account."""
_PEOPLE = {"connection": DATABASE_CONNECTION, "is_administrator": False}
"""Administrators of the deployment are nobody's users: no application signs them in, no API lists them."""


class Accounts:
    """Reads and writes accounts."""

    def __init__(
        self,
        live: LiveRecords,
        options: Options,
        passwords: Passwords,
        policy: PasswordPolicy,
        withdrawals: Sequence[Withdrawal] = (),
    ) -> None:
        """``withdrawals`` take back what other rooms gave."""
        self._live = live
        self._options = options
        self._passwords = passwords
        self._policy = policy
        self._withdrawals = withdrawals

    async def by_id(self, tenant_id: str, user_id: str) -> User | None:
        """The account with exactly this id."""
        return await self._one(tenant_id, user_id=user_id)

    async def by_login(self, tenant_id: str, identifier: str) -> User | None:
        """The account with this e-mail address or username, in any case."""
        name = identifier.strip().lower()
        # No username holds an @, and every address does.
        return await self._one(tenant_id, **{"email" if "@" in name else "username": name})

    async def by_email(self, tenant_id: str, email: str) -> User | None:
        """The account with this address, in any case."""
        return await self._one(tenant_id, email=email.lower())

    async def get(self, tenant_id: str, user_id: str) -> User:
        """The account; raises NotFound."""
        user = await self.by_id(tenant_id, user_id)
        if user is None:
            raise no_such_user()
        return user

    async def create(self, tenant: Tenant, body: Json, now_ms: int, log: Log) -> User:
        """A new account. Raises InvalidField, and Conflict for an address, username or id that is taken."""
        values = checked_new(body, await self._options.connection(tenant.tenant_id))
        encoded = encoded_password(values)
        if "password" in values:
            if await self._is_taken(tenant.tenant_id, values):
                # Hashed below only for an account that can be: the hash is the dear part.
                raise user_exists()
            personal = tuple(values.get(name) for name in ("email", "username", "name", "given_name", "family_name"))
            encoded = await self._new_hash(tenant, values["password"], personal, log, is_new=True)
        user = new_user(tenant.tenant_id, values, encoded, now_ms)
        try:
            await self._live.write(saves=(user,), events=(_about(log("Create a user"), user),))
        except Conflict:
            raise user_exists() from None
        return replace(user, version=user.version + 1)

    async def update(self, tenant: Tenant, user_id: str, body: Json, now_ms: int, log: Log) -> User:
        """The account after an update. Raises InvalidField, NotFound and Conflict."""
        update = checked_update(body)
        user = await self.get(tenant.tenant_id, user_id)
        encoded = None
        if "password" in update:
            encoded = await self._new_hash(tenant, update["password"], _personal(user), log)

        def decide(user: User) -> tuple[User, Event]:
            return updated_user(user, update, encoded, now_ms), log("Update a user", changed=sorted(body))

        changed = await self._change(user, decide)
        if encoded is not None:
            await self._withdraw(tenant, changed, Because.PASSWORD_CHANGED, now_ms)
        if update.get("blocked"):
            await self._withdraw(tenant, changed, Because.ACCOUNT_DEACTIVATED, now_ms)
        return changed

    async def set_password(self, tenant: Tenant, user: User, password: str, now_ms: int, log: Log) -> User:
        """The account with a new password; raises :class:`~.password_policy.PasswordNotTaken`.

        Everything that the old one may have opened is withdrawn, sessions too: begin a new one after it.
        """
        encoded = await self._new_hash(tenant, password, _personal(user), log)

        def decide(now: User) -> tuple[User, Event]:
            _check_address(now, user)
            return updated_user(now, {}, encoded, now_ms), log("Change the password of a user")

        changed = await self._change(user, decide)
        await self._withdraw(tenant, changed, Because.PASSWORD_CHANGED, now_ms)
        return changed

    async def mark_email_verified(self, user: User, now_ms: int, event: Event) -> User:
        """The account whose address was proven; ``event`` is written with it. Raises NotFound when it is gone."""

        def decide(now: User) -> tuple[User, Event]:
            _check_address(now, user)
            return replace(now, email_verified=True, updated_at_ms=now_ms), event

        return await self._change(user, decide)

    async def delete(self, tenant: Tenant, user_id: str, now_ms: int, log: Log) -> None:
        """Delete an account and take back all it was given; one that is not there is no error."""
        user = await self.by_id(tenant.tenant_id, user_id)
        if user is None:
            return
        # Blocked first: while things are taken back nobody gets new ones.
        user = await self._change(user, lambda user: (replace(user, blocked=True, updated_at_ms=now_ms), None))
        await self._withdraw(tenant, user, Because.ACCOUNT_DELETED, now_ms)
        for kind in OWNED:
            await self._live.erase_where(kind, tenant.tenant_id, {"user_id": user.user_id})
        event = _about(log("Delete a user"), user)
        events = (event, replace(event, type=EventType.USER_DELETED))
        while user is not None:
            try:
                await self._live.write(erasures=(user,), events=events)
                return
            except Stale:
                user = await self.by_id(tenant.tenant_id, user_id)

    async def _change(self, user: User, decide: Callable[[User], tuple[User, Event | None]]) -> User:
        """Write what ``decide`` makes of the account, anew when another change came first."""
        for _ in range(ATTEMPTS):
            changed, event = decide(user)
            events = () if event is None else (_about(event, changed),)
            try:
                await self._live.write(saves=(changed,), events=events)
            except Stale:
                user = await self.get(user.tenant_id, user.user_id)
                continue
            except Conflict:
                raise user_exists() from None
            return replace(changed, version=changed.version + 1)
        raise Stale(f"an account changed {ATTEMPTS} times while one change was decided")

    async def _one(self, tenant_id: str, **where: str) -> User | None:
        found = await self._live.find(User, tenant_id, where={**_PEOPLE, **where})
        return found[0] if found else None

    async def _is_taken(self, tenant_id: str, values: Json) -> bool:
        username = values.get("username")
        return await self.by_email(tenant_id, values["email"]) is not None or (
            username is not None and await self.by_login(tenant_id, username) is not None
        )

    async def _new_hash(
        self, tenant: Tenant, password: str, personal: tuple[str | None, ...], log: Log, *, is_new: bool = False
    ) -> str:
        await self._policy.check(tenant, password, personal, "sign_up" if is_new else "change", log)
        return await self._passwords.hash(password)

    async def _withdraw(self, tenant: Tenant, user: User, because: Because, now_ms: int) -> None:
        for withdraw in self._withdrawals:
            await withdraw(tenant, user, because, now_ms)


def _check_address(now: User, before: User) -> None:
    """What somebody proved about one address does nothing for another, also when it changed at this very moment."""
    if now.email != before.email:
        raise Stale("the address of an account changed while its owner did something")


def _about(event: Event, user: User) -> Event:
    return replace(event, user_id=user.user_id, user_name=user.email, connection=user.connection)


def _personal(user: User) -> tuple[str | None, ...]:
    names = ("name", "given_name", "family_name", "nickname")
    return (user.email, user.username, *(user.metadata.get(name) for name in names))
