"""Where used DPoP proofs are remembered, until their age alone refuses them: each is taken once (RFC 9449 11.1)."""

from __future__ import annotations

from heapq import heappop, heappush
from threading import Lock
from typing import Protocol

from .refusals import NotDecided

ENTRIES_MAX = 200_000
"""Proofs live 70 s at most, so this is some 2,800 requests a second; about 40 MB."""


class ReplayStore(Protocol):
    """Remembers used proofs: :class:`InMemoryReplays` for one process, `SqliteReplays` for all of one machine, one of
    your own for several machines, such as a Redis with ``SET … NX PXAT``. Who shares no memory takes a proof once each.
    """

    async def spend(self, key: bytes, expires_at_ms: int, now_ms: int) -> bool:
        """True for exactly one caller per key, until ``expires_at_ms``; False for all others.

        Look and remember in one step that no other caller can come between. Whatever else is returned or raised lets
        nobody in; NotDecided says in the log why it cannot tell. ``key`` is a hash of 32 bytes.
        """
        ...


class InMemoryReplays:
    """In this process alone: with several processes or machines a proof counts once in each of them.

    When it is full it refuses what is new until something is over, and forgets nothing before its time: a store that
    makes room lets an attacker flush out the proof that they want to replay (CVE-2026-41707).
    """

    def __init__(self, entries_max: int = ENTRIES_MAX) -> None:
        self._entries_max = entries_max
        self._used: set[bytes] = set()
        self._ends: list[tuple[int, bytes]] = []
        self._turn = Lock()

    async def spend(self, key: bytes, expires_at_ms: int, now_ms: int) -> bool:
        """As the Protocol has it: neither another task nor another thread comes between looking and remembering."""
        with self._turn:
            while self._ends and self._ends[0][0] <= now_ms:
                self._used.discard(heappop(self._ends)[1])
            if key in self._used:
                return False
            if len(self._used) >= self._entries_max:
                raise NotDecided("replays.full", entries=len(self._used))
            self._used.add(key)
            heappush(self._ends, (expires_at_ms, key))
            return True
