"""Searching the log, a slice at a time. No request looks at more than :data:`LOOKED_AT_MAX` rows; none hides that."""

from __future__ import annotations

import asyncio

import msgspec

from ..events import LogReader, LogRow
from .log_match import Plan, matches, plan_of
from .log_tree import Tree

LOOKED_AT_MAX = 50_000
"""Rows one request looks at: half a second of a worker's time at most, in slices of a few milliseconds."""
SLICE = 500
"""Rows looked at, at most, before others have their turn."""
DISORDER_MS = 30_000
"""How far apart the time of a row and its place may be: a row is written when its request ends, and clocks differ."""


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of the log, and from which end."""

    after_seq: int | None = None
    before_seq: int | None = None
    newest_first: bool = True


class Found(msgspec.Struct, kw_only=True):
    """What a search came to."""

    rows: list[LogRow]
    """Matching rows in order, as many as were wanted at most."""
    count: int = 0
    """How many rows matched, with those beyond what was wanted when all were to be counted."""
    looked_at: int = 0
    ended: bool = False
    """Whether the whole stretch was looked at, up to the last row given or counted."""
    last_seq: int | None = None
    """The number of the last row that was looked at; None when there was none."""


async def search(
    log: LogReader, tenant_id: str, tree: Tree, stretch: Stretch, wanted: int, *, count_all: bool = False
) -> Found:
    """The first ``wanted`` rows that match; with ``count_all`` the rest is counted too, as far as is looked."""
    plan = plan_of(tree)
    after_seq, before_seq = await _narrowed(log, tenant_id, plan, stretch)
    found = Found(rows=[])
    while not found.ended and found.looked_at < LOOKED_AT_MAX and (count_all or len(found.rows) < wanted):
        # As many as are wanted, where every row may fit; then more and more.
        size = SLICE if count_all else min(SLICE, max(wanted, found.looked_at))
        part = Stretch(after_seq=after_seq, before_seq=before_seq, newest_first=stretch.newest_first)
        rows, edge = await _slice(log, tenant_id, plan, part, size)
        for row in rows:
            if not matches(tree, row):
                continue
            found.count += 1
            if len(found.rows) < wanted:
                found.rows.append(row)
        found.looked_at += size
        if edge is None:
            found.ended = True
        elif stretch.newest_first:
            before_seq = found.last_seq = edge
        else:
            after_seq = found.last_seq = edge
        # Others have their turn: SQLite is read in the loop's own thread.
        await asyncio.sleep(0)
    return found


async def _narrowed(log: LogReader, tenant_id: str, plan: Plan, stretch: Stretch) -> tuple[int | None, int | None]:
    """The stretch, narrowed to where rows of the dates asked for can be."""
    after_seq, before_seq = stretch.after_seq, stretch.before_seq
    if plan.from_ms is not None:
        first_seq = await log.log_seq_from(tenant_id, plan.from_ms - DISORDER_MS)
        after_seq = max(first_seq - 1, -1 if after_seq is None else after_seq)
    if plan.until_ms is not None:
        end_seq = await log.log_seq_from(tenant_id, plan.until_ms + DISORDER_MS)
        before_seq = end_seq if before_seq is None else min(end_seq, before_seq)
    return after_seq, before_seq


async def _slice(
    log: LogReader, tenant_id: str, plan: Plan, part: Stretch, size: int
) -> tuple[list[LogRow], int | None]:
    """Rows to match among the next ``size`` that the index leads to, and the last of these; None at the end.

    What no index decides must not make the database walk on for a match: so the edge of the slice is fixed first.
    """
    newest_first, after_seq, before_seq = part.newest_first, part.after_seq, part.before_seq
    edge = await log.log_edge(
        tenant_id, size, after_seq=after_seq, before_seq=before_seq, where=plan.indexed, newest_first=newest_first
    )
    if edge is not None and newest_first:
        after_seq = edge - 1
    elif edge is not None:
        before_seq = edge + 1
    rows = await log.log_page(
        tenant_id,
        after_seq=after_seq,
        before_seq=before_seq,
        where={**plan.indexed, **plan.also},
        newest_first=newest_first,
        limit=size,
    )
    return rows, edge
