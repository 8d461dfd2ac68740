"""How often somebody may try a second factor in vain, so that a million codes are not to be guessed.

An attempt is counted *before* it is judged: a thousand guesses at once are a thousand counted, and all but ten refused.
A block lasts longer each time. At ten guesses a day, with three codes good at any moment, one in a hundred accounts
under attack would fall within a year, and the attacker needs the password of each to begin with.
"""

from __future__ import annotations

from ..errors import Conflict, OAuthError
from ..live import LiveRecords
from ..records import Stale
from .attempts import FailedAttempts

ATTEMPTS_MAX = 10
BLOCK_MS = 900_000
"""A quarter of an hour the first time, and twice as long each further time …"""
BLOCK_MS_MAX = 86_400_000
"""… up to a day."""
REMEMBERED_MS = 30 * 86_400_000
_TRIES = 12
"""More than that many of one person's attempts at the very same moment are nobody's fingers."""


class FactorAttempts:
    """Counts attempts per account."""

    def __init__(self, live: LiveRecords) -> None:
        self._live = live

    async def claim(self, tenant_id: str, user_id: str, now_ms: int) -> None:
        """Take one attempt; raises OAuthError, check ``factor.blocked``, when there is none left for now."""
        subject = subject_of(user_id)
        for _ in range(_TRIES):
            before = await self._live.get(FailedAttempts, tenant_id, subject)
            if before is not None and now_ms < (before.blocked_until_ms or 0):
                raise blocked(before.blocked_until_ms)
            try:
                return await self._live.write(saves=(_counted(before, tenant_id, subject, now_ms),))
            except (Stale, Conflict):
                continue
        raise blocked(None)

    async def blocked_until_ms(self, tenant_id: str, user_id: str, now_ms: int) -> int | None:
        """Until when nothing is taken; None when something is."""
        before = await self._live.get(FailedAttempts, tenant_id, subject_of(user_id))
        until_ms = before.blocked_until_ms if before else None
        return until_ms if until_ms is not None and now_ms < until_ms else None

    async def forget(self, tenant_id: str, user_id: str) -> None:
        """After a success, or when an administrator lifts the block."""
        await self._live.erase_where(FailedAttempts, tenant_id, {"subject": subject_of(user_id)})


def subject_of(user_id: str) -> str:
    """Under which name attempts at a person's factors are counted."""
    return f"factor:{user_id}"


def _counted(before: FailedAttempts | None, tenant_id: str, subject: str, now_ms: int) -> FailedAttempts:
    count = before.count + 1 if before else 1
    blocks, rest = divmod(count, ATTEMPTS_MAX)
    # The tenth attempt is still judged; what comes after it has to wait.
    lasts_ms = min(BLOCK_MS << min(blocks - 1, 10), BLOCK_MS_MAX) if rest == 0 else 0
    return FailedAttempts(
        tenant_id=tenant_id,
        version=before.version if before else 0,
        subject=subject,
        count=count,
        first_at_ms=before.first_at_ms if before else now_ms,
        last_at_ms=now_ms,
        blocked_until_ms=now_ms + lasts_ms if lasts_ms else None,
        purge_at_ms=now_ms + REMEMBERED_MS,
    )


def blocked(until_ms: int | None) -> OAuthError:
    """The refusal of an attempt too many."""
    return OAuthError("access_denied", "Too many attempts.", check="factor.blocked", blocked_until_ms=until_ms)
