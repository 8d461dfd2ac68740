"""How much mail may be asked for: to one mailbox, and from one place; alike whether there is such an account."""

from __future__ import annotations

import asyncio

from ..errors import Conflict
from ..handles import HandleHasher
from ..live import LiveRecords
from ..records import Stale
from ..tenants.options import Options, Rate
from .attempts import FailedAttempts
from .facts import RequestFacts
from .throttle import is_allowed, one_drop, place_of

MAILBOX, PLACE = "mailbox", "mail_from"
TO_ONE_MAILBOX = Rate(max_attempts=3, interval_ms=1_200_000)
"""Three at once, then one every twenty minutes: nobody's mailbox is flooded by way of us."""
FROM_ONE_PLACE = Rate(max_attempts=20, interval_ms=180_000)
ATTEMPTS = 20
PURPOSE = "mailbox"


class MailCounts:
    """Counts what is asked for. A tenant's switches for attack protection turn it off, as they do all counting."""

    def __init__(self, live: LiveRecords, handles: HandleHasher, options: Options) -> None:
        self._live = live
        self._handles = handles
        self._options = options

    async def take(self, facts: RequestFacts, identifier: str) -> bool:
        """Whether one more message may go out for this address or name, which is a stranger's text; counts it."""
        options = await self._options.of(facts.tenant.tenant_id)
        buckets: list[tuple[str, Rate]] = []
        if options.brute_force.enabled and not is_allowed(facts.ip, options.brute_force.allowlist):
            name = self._handles.digest(PURPOSE, facts.tenant.tenant_id, identifier.strip().lower())
            buckets.append((f"{MAILBOX}:{name}", TO_ONE_MAILBOX))
        throttling = options.address_throttling
        if throttling.enabled and not is_allowed(facts.ip, throttling.allowlist):
            buckets.append((f"{PLACE}:{place_of(facts.ip)}", FROM_ONE_PLACE))
        return not buckets or await self._count(facts, buckets)

    async def _count(self, facts: RequestFacts, buckets: list[tuple[str, Rate]]) -> bool:
        tenant_id = facts.tenant.tenant_id
        for attempt in range(ATTEMPTS):
            rows = [await self._live.get(FailedAttempts, tenant_id, subject) for subject, _ in buckets]
            counted = [
                one_drop(tenant_id, subject, row, rate, facts.now_ms)
                for (subject, rate), row in zip(buckets, rows, strict=True)
            ]
            saves = [row for row in counted if row is not None]
            if len(saves) < len(buckets):
                return False
            try:
                await self._live.write(saves=saves)
            except (Stale, Conflict):
                await asyncio.sleep(0.002 * attempt)
                continue
            return True
        return False
