"""People: their accounts, and how a password lets them in."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ..authorization.codes import take_back
from ..authorization.pendings import Pendings
from ..handles import HandleHasher
from ..live import LiveRecords
from ..logout.endings import Endings
from ..logout.initiators import Initiator
from ..settings import Settings
from ..storage.store import Storage
from ..tallies import Tallies
from ..tenants.options import Options
from ..tenants.tenant import Tenant
from ..tokens.families import Families
from ..users.accounts import Accounts, Because, Withdrawal
from ..users.attempt_counts import AttemptCounts
from ..users.blocks import Blocks
from ..users.breached import BreachedPasswords
from ..users.password_check import PasswordCheck
from ..users.password_policy import PasswordPolicy
from ..users.passwords import Passwords
from ..users.permissions import Permissions
from ..users.ticket import CHANGE_PASSWORD, Ticket
from ..users.user import User


def end_sessions_by(endings: Endings) -> Withdrawal:
    """Ends every session of a person, and has the applications told that want to hear of it."""

    async def end(tenant: Tenant, user: User, because: Because, now_ms: int) -> None:
        await endings.end_all(tenant, user.user_id, Initiator(because), now_ms)

    return end


def withdraw_families_by(families: Families) -> Withdrawal:
    """Withdraws what applications hold in a person's name: refresh tokens, and with them their access tokens."""

    async def withdraw(tenant: Tenant, user: User, because: Because, now_ms: int) -> None:
        await families.withdraw_where(tenant.tenant_id, {"user_id": user.user_id}, because.value, now_ms)

    return withdraw


def take_back_codes_by(live: LiveRecords) -> Withdrawal:
    """What applications could still redeem in a person's name is worth nothing any more."""

    async def forget(tenant: Tenant, user: User, because: Because, now_ms: int) -> None:
        await take_back(live, tenant.tenant_id, {"user_id": user.user_id})

    return forget


def forget_first_factors_by(pendings: Pendings) -> Withdrawal:
    """Whoever passed a first factor as this person, and owes the second, begins anew: the password may be another."""

    async def forget(tenant: Tenant, user: User, because: Because, now_ms: int) -> None:
        await pendings.forget_first_factors(tenant.tenant_id, user.user_id, now_ms)

    return forget


def forget_reset_links_by(live: LiveRecords) -> Withdrawal:
    """Links for a new password are good no more once there is one: whoever else may read the mail has nothing."""

    async def forget(tenant: Tenant, user: User, because: Because, now_ms: int) -> None:
        where = {"user_id": user.user_id, "purpose": CHANGE_PASSWORD}
        await live.erase_where(Ticket, tenant.tenant_id, where)

    return forget


def unblock_by(blocks: Blocks) -> Withdrawal:
    """With a new password every count of the account begins anew: what was guessed at is no longer there."""

    async def unblock(tenant: Tenant, user: User, because: Because, now_ms: int) -> None:
        if because is not Because.ACCOUNT_DEACTIVATED:
            await blocks.forget(tenant.tenant_id, user)

    return unblock


class People(msgspec.Struct, frozen=True, kw_only=True):
    """What doors need to deal with people; built once."""

    passwords: Passwords
    accounts: Accounts
    counts: AttemptCounts
    password_check: PasswordCheck
    permissions: Permissions


def people_of(
    settings: Settings,
    storage: Storage,
    handles: HandleHasher,
    options: Options,
    tallies: Tallies,
    withdrawals: Sequence[Withdrawal],
) -> People:
    """The people of every tenant."""
    every = [*withdrawals, unblock_by(Blocks(storage, storage, storage))]
    passwords, known = Passwords(), BreachedPasswords(settings.breached_passwords)
    accounts = Accounts(storage, options, passwords, PasswordPolicy(options, known, storage), every)
    counts = AttemptCounts(storage, handles, options)
    return People(
        passwords=passwords,
        accounts=accounts,
        counts=counts,
        password_check=PasswordCheck(accounts, passwords, counts, known, options, storage, storage, tallies),
        permissions=Permissions(storage, storage, storage),
    )
