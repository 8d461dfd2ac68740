"""Blocks: accounts for which more attempts are refused; looked at, and ended before their time."""

from __future__ import annotations

from msgspec.structs import replace

from ..events import EventLog
from ..live import LiveRecords
from ..tenants.registry import Log
from .attempt_counts import EVERYWHERE
from .attempts import FailedAttempts
from .factor_attempts import subject_of
from .search import PeopleReader
from .throttle import ACCOUNT, is_blocked
from .user import User


class Blocks:
    """Reads and ends blocks."""

    def __init__(self, live: LiveRecords, people: PeopleReader, log: EventLog) -> None:
        self._live = live
        self._people = people
        self._log = log

    async def of(self, tenant_id: str, user: User, now_ms: int) -> list[str | None]:
        """The addresses for which an account is blocked; None is every address."""
        beginning = _beginning(user)
        rows = await self._people.attempts_at(tenant_id, beginning)
        places = [row.subject.removeprefix(beginning) for row in rows if is_blocked(row, now_ms)]
        found = [None if place == EVERYWHERE else place for place in places]
        factors = await self._live.get(FailedAttempts, tenant_id, subject_of(user.user_id))
        has_blocked_factors = factors is not None and is_blocked(factors, now_ms)
        return [None, *found] if has_blocked_factors and None not in found else found

    async def forget(self, tenant_id: str, user: User) -> None:
        """Begin every count of an account anew, as after a new password."""
        for row in await self._people.attempts_at(tenant_id, _beginning(user)):
            await self._live.erase_where(FailedAttempts, tenant_id, {"subject": row.subject})

    async def release(self, tenant_id: str, user: User, log: Log) -> None:
        """The same by an administrator, for the codes of second factors too, with its row in the log."""
        await self.forget(tenant_id, user)
        await self._live.erase_where(FailedAttempts, tenant_id, {"subject": subject_of(user.user_id)})
        event = log("Unblock a user")
        await self._log.record(replace(event, user_id=user.user_id, user_name=user.email, connection=user.connection))


def _beginning(user: User) -> str:
    return f"{ACCOUNT}:{user.user_id}:"
