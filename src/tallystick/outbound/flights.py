"""One flight for all who want one thing at once: the first asks, the others wait for its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Flights(Generic[T]):
    """What is under way. Awaited through :func:`asyncio.shield`, whoever leaves takes nothing from the others."""

    def __init__(self, on_failure: Callable[[Hashable, BaseException], None] | None = None) -> None:
        """``on_failure`` hears of a flight that failed: in the background nobody else does."""
        self._on_failure = on_failure
        self._tasks: dict[tuple[str, Hashable], asyncio.Task[T]] = {}

    def to(self, place: Hashable, tenant_id: str, depart: Callable[[], Coroutine[Any, Any, T]]) -> asyncio.Task[T]:
        """The flight of this tenant to ``place`` that is under way, or a new one.

        Never another tenant's, even to the same place: that one may have to wait for its turn.
        """
        task = self._tasks.get((tenant_id, place))
        if task is None:
            task = self._tasks[tenant_id, place] = asyncio.create_task(depart())
            task.add_done_callback(lambda done: self._landed(tenant_id, place, done))
        return task

    async def close(self) -> None:
        """Call everything back."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _landed(self, tenant_id: str, place: Hashable, task: asyncio.Task[T]) -> None:
        self._tasks.pop((tenant_id, place), None)
        if task.cancelled() or (problem := task.exception()) is None:
            return
        if self._on_failure is not None:
            self._on_failure(place, problem)
