"""When a key set by address is used, asked for anew, and no longer used. Pure.

fresh      for as long as its answer says (``Cache-Control: max-age``), within bounds of ours
ahead      in the last part of that, it is asked for in the background
over       the next who needs a key waits for a fresh answer; a key that was taken out ends here
stale      when there is none, what was there still serves, until a day after the last good answer
unknown    a ``kid`` that is not in the set asks for it at once, but no address is asked more often than the floor
"""

from __future__ import annotations

from enum import Enum

from msgspec.structs import replace

from .key_set import KeySet

FLOOR_MS = 10_000
"""Between two attempts at one address, whoever wants them: a stranger may show as many unknown ``kid`` as he likes."""
RETRY_MS = 60_000
"""Between two attempts in the background."""
FRESH_MS_MIN, FRESH_MS_MAX = 300_000, 86_400_000
FRESH_MS_DEFAULT = 3_600_000
"""Where the answer does not say."""
STALE_MS_MAX = 86_400_000
"""How long after the last good answer keys still serve while their address does not answer."""
KEPT_MS = 7 * 86_400_000
"""How long the record of an address that nobody asks for stays."""
ASKING = "asking"
"""In ``last_error`` while some worker asks."""
ASKING_MS_MAX = 15_000
"""Longer than the guarded client may take: who has claimed and not settled by then was killed."""


class Step(Enum):
    """What to do for a key."""

    USE = "use"
    USE_AND_REFRESH = "use and refresh"
    """Ask in the background; nobody waits."""
    FETCH = "fetch"


def next_step(record: KeySet | None, *, has_key: bool, now_ms: int) -> Step:
    """What to do; ``has_key``: whether the set has a key by the wanted name, or none was named."""
    if record is None:
        return Step.FETCH
    waited_ms = abs(now_ms - record.attempted_at_ms)  # a clock that was set back does not hold us up for long
    may_fetch = waited_ms >= FLOOR_MS
    if not is_usable(record, now_ms) or not has_key:
        return Step.FETCH if may_fetch else Step.USE
    if now_ms < record.fresh_until_ms:
        wants = now_ms >= _ahead_ms(record)
    elif record.last_error in (None, ASKING):
        return Step.FETCH if may_fetch else Step.USE
    else:
        wants = True
    return Step.USE_AND_REFRESH if wants and waited_ms >= RETRY_MS else Step.USE


def is_usable(record: KeySet, now_ms: int) -> bool:
    """Whether its keys may serve at all."""
    if record.fetched_at_ms is None:
        return False
    return now_ms < max(record.fresh_until_ms, record.fetched_at_ms + STALE_MS_MAX)


def is_asked_for(record: KeySet, now_ms: int) -> bool:
    """Whether some worker is asking the address right now."""
    return record.last_error == ASKING and abs(now_ms - record.attempted_at_ms) < ASKING_MS_MAX


def _ahead_ms(record: KeySet) -> int:
    """When the background begins: in the last tenth."""
    return record.fresh_until_ms - (record.fresh_until_ms - (record.fetched_at_ms or 0)) // 10


def claimed(record: KeySet, now_ms: int) -> KeySet:
    """The record while it is asked for: other workers see that, and wait."""
    return replace(record, attempted_at_ms=now_ms, last_error=ASKING, purge_at_ms=now_ms + KEPT_MS)
