"""Up to which number the log is whole, where several transactions write at once.

A row takes its number before its transaction commits, so a row may appear after one with a larger number, and whoever
reads on from the larger one would never see it. Every transaction that writes to the log has its transaction id before
it takes a number (see `postgres.LOG`). So:

1. read the largest number that is there
2. take a transaction id: whoever took a smaller number has a smaller id
3. wait until every transaction with a smaller id has ended
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from .log_reads import LARGEST_SEQ
from .statements import Query

WAIT_S_MAX = 1.0
LOOK_EVERY_S = 0.01
TAKE_ID = Query("SELECT pg_current_xact_id()::text::bigint", ())
OLDEST_RUNNING = Query("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint", ())

Rows = Callable[[Query, dict[str, Any]], Awaitable[Sequence[Sequence[Any]]]]


class Settled:
    """What one worker knows of it."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._seq = 0

    async def seq(self) -> int:
        """The number. Waits for transactions under way, which takes milliseconds.

        Behind a long one, of whatever kind in the whole cluster, it stays where it was: late, and nothing is left out.
        """
        seq = await self._number(LARGEST_SEQ)
        own_id = await self._number(TAKE_ID)
        deadline_s = time.monotonic() + WAIT_S_MAX
        while await self._number(OLDEST_RUNNING) < own_id:
            if time.monotonic() > deadline_s:
                return self._seq
            await asyncio.sleep(LOOK_EVERY_S)
        self._seq = max(self._seq, seq)
        return self._seq

    async def _number(self, query: Query) -> int:
        return int((await self._rows(query, {}))[0][0])
