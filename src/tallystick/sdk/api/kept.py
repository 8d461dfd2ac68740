"""Something that another server publishes, kept while it is fresh: its metadata, its keys, a status list.

fresh                    used as it is
asked a moment ago       nobody asks again before the floor is over, whatever strangers send (random ``kid``)
else                     one asks, all who come meanwhile wait for that answer
asked in vain            what is kept serves on until it is too old, then nothing does; for a minute nobody whom it
                         serves waits for the next try
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import msgspec

from ..clock import Clock
from .fetching import Answer, Ask, Fetch, checked_url
from .refusals import FetchFailed, NotDecided

T = TypeVar("T")

FRESH_MS = 600_000
"""Where the server does not say; half an hour's rotation of keys is seen in time, and an unknown key at once."""
FRESH_MS_MIN, FRESH_MS_MAX = 60_000, 24 * 3600_000
"""What a server may ask for by ``Cache-Control``."""
STALE_MS_MAX = 24 * 3600_000
"""How long what is kept serves while its server does not answer."""
FLOOR_MS = 10_000
"""Between two requests for the same thing."""
FAILING_MS = 60_000
"""So long after a failure the next one is expected: a server that hangs must not hold up every request."""
LOAD_S_MAX = 30.0
"""For all of it, metadata and then keys, whatever the client's own timeouts are."""
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age=(\d{1,9})(?:$|[\s,;])")


class Loaded(msgspec.Struct, Generic[T], frozen=True):
    """What was fetched, and for how long."""

    value: T
    fresh_ms: int = FRESH_MS
    stale_ms: int = STALE_MS_MAX


class Kept(Generic[T]):
    """One thing that is fetched by ``load`` when it is needed; ``name`` is for the log."""

    def __init__(self, name: str, load: Callable[[], Awaitable[Loaded[T]]], clock: Clock) -> None:
        self._name = name
        self._load = load
        self._clock = clock
        self._loaded: Loaded[T] | None = None
        self._loaded_at_ms = 0
        self._asked_at_ms: int | None = None
        self._failed_at_ms: int | None = None
        self._flight: asyncio.Task[None] | None = None
        self._problem = ""

    async def get(self, *, newer_than: T | None = None) -> T:
        """The value; one that is not ``newer_than`` where a request for it may be sent. Raises :class:`NotDecided`."""
        kept = self._within(lambda loaded: loaded.fresh_ms)
        if kept is not None and kept.value is not newer_than:
            return kept.value
        usable = self._within(lambda loaded: loaded.stale_ms)
        if self._flight is not None or self._may_ask():
            flight = self._under_way()
            if usable is None or newer_than is not None or not self._is_failing():
                await asyncio.shield(flight)
                usable = self._within(lambda loaded: loaded.stale_ms)
        if usable is None:
            raise NotDecided(f"{self._name}.not_fetched", problem=self._problem)
        return usable.value

    def _within(self, life_ms: Callable[[Loaded[T]], int]) -> Loaded[T] | None:
        loaded = self._loaded
        if loaded is None or not 0 <= self._clock() - self._loaded_at_ms < life_ms(loaded):
            return None
        return loaded

    def _may_ask(self) -> bool:
        asked_at_ms, now_ms = self._asked_at_ms, self._clock()
        return asked_at_ms is None or not 0 <= now_ms - asked_at_ms < FLOOR_MS

    def _is_failing(self) -> bool:
        return self._failed_at_ms is not None and 0 <= self._clock() - self._failed_at_ms < FAILING_MS

    def _under_way(self) -> asyncio.Task[None]:
        flight, loop = self._flight, asyncio.get_running_loop()
        if flight is None or flight.done() or flight.get_loop() is not loop:
            flight = self._flight = loop.create_task(self._fly())
        return flight

    async def _fly(self) -> None:
        self._asked_at_ms = asked_at_ms = self._clock()
        try:
            async with asyncio.timeout(LOAD_S_MAX):
                loaded = await self._load()
        except FetchFailed as failure:
            self._problem = str(failure)
        except NotDecided as refusal:
            self._problem = f"{refusal.check}: {refusal.evidence.get('problem', '')}".removesuffix(": ")
        except Exception as error:  # an odd document that our reading trips over is none
            self._problem = type(error).__name__
        else:
            self._loaded, self._loaded_at_ms, self._failed_at_ms = loaded, asked_at_ms, None
            return
        finally:
            self._flight = None
        self._failed_at_ms = self._clock()


async def fetched(fetch: Fetch, url: str, accept: str = "application/json") -> Answer:
    """The answer with status 200 at ``url``; raises :class:`FetchFailed` for another."""
    answer = await fetch(Ask(url=checked_url(url), headers={"Accept": accept}))
    if answer.status != 200:
        raise FetchFailed(f"status {answer.status}")
    return answer


def fresh_ms_of(answer: Answer) -> int:
    """How long the answer is fresh (RFC 9111 5.2.2.1), within our bounds."""
    said = answer.headers.get("cache-control", "")
    if "no-store" in said or "no-cache" in said:
        return FRESH_MS_MIN
    found = _MAX_AGE.search(said)
    if found is None:
        return FRESH_MS
    return min(max(int(found[1]) * 1000, FRESH_MS_MIN), FRESH_MS_MAX)
