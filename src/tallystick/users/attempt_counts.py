"""The counts of failed attempts, kept live: they survive a restart and hold over all workers."""

from __future__ import annotations

import asyncio

import msgspec

from ..errors import Conflict
from ..handles import HandleHasher
from ..live import LiveRecord, LiveRecords
from ..records import Stale
from ..tenants.options import BruteForce, Options, Rate
from .attempts import FailedAttempts
from .facts import RequestFacts
from .throttle import (
    ACCOUNT,
    ADDRESS,
    SIGN_UP,
    STRANGER,
    is_allowed,
    is_blocked,
    one_drop,
    one_less,
    one_more,
    place_of,
)
from .user import User

ATTEMPTS = 40
"""How often a count is decided anew when other attempts came first; then this one is refused, closed by default."""
PURPOSE = "failed-attempts"
EVERYWHERE = "*"
"""In place of an address, where an account is counted for all of them."""


class Reserved(msgspec.Struct, frozen=True):
    """What was counted for one attempt."""

    account: str | None = None
    """Subject; None when accounts are not counted."""
    address: str | None = None
    reached: bool = False
    """Whether this is the last attempt for the account: if it fails, the block stands."""
    filled: bool = False
    """The same of the address."""


class TooMany(Exception):
    """No attempt is left; ``subject`` is :data:`~.throttle.ACCOUNT` or :data:`~.throttle.ADDRESS`."""

    def __init__(self, subject: str) -> None:
        super().__init__(subject)
        self.subject = subject


class AttemptCounts:
    """Counts attempts before they are looked at."""

    def __init__(self, live: LiveRecords, handles: HandleHasher, options: Options) -> None:
        self._live = live
        self._handles = handles
        self._options = options

    async def reserve(self, facts: RequestFacts, identifier: str, user: User | None) -> Reserved:
        """Count an attempt at a password; raises :class:`TooMany`."""
        options = await self._options.of(facts.tenant.tenant_id)
        brute_force, throttling = options.brute_force, options.address_throttling
        counts_account = (
            brute_force.enabled
            and options.connection.brute_force_protection
            and brute_force.blocks
            and not is_allowed(facts.ip, brute_force.allowlist)
        )
        counts_address = throttling.enabled and throttling.blocks and not is_allowed(facts.ip, throttling.allowlist)
        account = self._account(facts, identifier, user, brute_force) if counts_account else None
        address = f"{ADDRESS}:{place_of(facts.ip)}" if counts_address else None
        if account is None and address is None:
            return Reserved()
        return await self._count(facts, account, address, brute_force, throttling.sign_in)

    async def reserve_sign_up(self, facts: RequestFacts) -> None:
        """Count a sign-up of an address; raises :class:`TooMany`."""
        throttling = await self._options.address_throttling(facts.tenant.tenant_id)
        if not (throttling.enabled and throttling.blocks) or is_allowed(facts.ip, throttling.allowlist):
            return
        brute_force = await self._options.brute_force(facts.tenant.tenant_id)
        await self._count(facts, None, f"{SIGN_UP}:{place_of(facts.ip)}", brute_force, throttling.sign_up)

    def _account(self, facts: RequestFacts, identifier: str, user: User | None, limit: BruteForce) -> str:
        place = place_of(facts.ip) if limit.per_address else EVERYWHERE
        if user is not None:
            return f"{ACCOUNT}:{user.user_id}:{place}"
        # A name that nobody has is blocked like one that somebody has; it is a stranger's text, so it is hashed.
        name = identifier.strip().lower()
        return f"{STRANGER}:{self._handles.digest(PURPOSE, facts.tenant.tenant_id, name, place)}"

    async def _count(
        self, facts: RequestFacts, account: str | None, address: str | None, limit: BruteForce, rate: Rate
    ) -> Reserved:
        tenant_id, now_ms = facts.tenant.tenant_id, facts.now_ms
        for attempt in range(ATTEMPTS):
            saves: list[FailedAttempts] = []
            reached = filled = False
            if account is not None:
                row = await self._live.get(FailedAttempts, tenant_id, account)
                if is_blocked(row, now_ms):
                    raise TooMany(ACCOUNT)
                counted = one_more(tenant_id, account, row, limit, now_ms)
                reached = is_blocked(counted, now_ms)
                saves.append(counted)
            if address is not None:
                row = await self._live.get(FailedAttempts, tenant_id, address)
                dropped = one_drop(tenant_id, address, row, rate, now_ms)
                if dropped is None:
                    raise TooMany(ADDRESS)
                filled = dropped.count >= rate.max_attempts
                saves.append(dropped)
            if await self._write(saves=saves):
                return Reserved(account, address, reached, filled)
            await asyncio.sleep(0.002 * min(attempt, 10))
        raise TooMany(ACCOUNT if account is not None else ADDRESS)

    async def forgive(self, facts: RequestFacts, reserved: Reserved) -> None:
        """The attempt was right: the account's count is over, and the address has this attempt back."""
        await self._take_back(facts, reserved, whole=True)

    async def give_back(self, facts: RequestFacts, reserved: Reserved) -> None:
        """The attempt was not looked at after all."""
        await self._take_back(facts, reserved, whole=False)

    async def _take_back(self, facts: RequestFacts, reserved: Reserved, *, whole: bool) -> None:
        tenant_id = facts.tenant.tenant_id
        for attempt in range(ATTEMPTS):
            saves: list[FailedAttempts] = []
            erasures: list[FailedAttempts] = []
            for subject in (reserved.account, reserved.address):
                row = None if subject is None else await self._live.get(FailedAttempts, tenant_id, subject)
                if row is None:
                    continue
                less = None if whole and subject == reserved.account else one_less(row)
                saves += [less] if less else []
                erasures += [] if less else [row]
            if not (saves or erasures) or await self._write(saves=saves, erasures=erasures):
                return
            await asyncio.sleep(0.002 * min(attempt, 10))

    async def _write(self, saves: list[FailedAttempts], erasures: list[FailedAttempts] | None = None) -> bool:
        """Whether it was written; not when another attempt came first."""
        kept: list[LiveRecord] = list(saves)
        try:
            await self._live.write(saves=kept, erasures=erasures or ())
        except (Stale, Conflict):
            return False
        return True
