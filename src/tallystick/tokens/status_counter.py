"""How many places of a tenant's status lists are given away."""

from __future__ import annotations

from ..live import LiveRecord


class StatusCounter(LiveRecord, frozen=True, kw_only=True):
    """One counter; workers take whole blocks from it, by compare-and-set."""

    id: str
    next_place: int
