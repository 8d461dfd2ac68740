"""Group commit: what arrives while one write is under way goes into the next, as one durable write.

A waiter that is cancelled neither takes its item back nor disturbs the others: what was handed in is written, once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from time import perf_counter
from typing import Generic, TypeVar

from ..errors import Unavailable
from ..metrics import FAILED_WRITES, WRITE_ITEMS, WRITE_SECONDS

Item = TypeVar("Item")
Result = TypeVar("Result")

BATCH_MAX = 1_000
"""Items in one write; keeps a transaction, and so its share of a stall, short."""
TURNS_MAX = 100
"""Turns of the loop that one write waits for others at most: with a request a turn, some ten milliseconds."""


class GroupCommit(Generic[Item, Result]):
    """Collects items for ``write``, which gets a batch and answers one result per item, in order.

    A result that is an exception is raised to that item's waiter alone; an exception of ``write`` itself means that
    nothing of the batch is certain, and each waiter gets :class:`Unavailable`.
    """

    def __init__(self, write: Callable[[list[Item]], Awaitable[Sequence[Result | Exception]]]) -> None:
        self._write = write
        self._queue: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._writing: asyncio.Task[None] | None = None
        self._closed = False

    async def submit(self, item: Item) -> Result:
        """Hand in one item and wait until it is durable."""
        if self._closed:
            raise Unavailable("the store is closed")
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._queue.append((item, future))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all())
        return await future

    async def close(self) -> None:
        """Take nothing more, and wait for what was handed in."""
        self._closed = True
        if self._writing is not None:
            await asyncio.wait([self._writing])

    async def _write_all(self) -> None:
        try:
            while self._queue:
                await self._let_others_join()
                batch = [self._queue.popleft() for _ in range(min(len(self._queue), BATCH_MAX))]
                await self._write_batch(batch)
        finally:
            self._writing = None
            # Only when this task itself was ended from outside is anything left; nobody shall wait for ever.
            while self._queue:
                _settle(self._queue.popleft()[1], Unavailable("the store is closing"))

    async def _let_others_join(self) -> None:
        """Wait while every turn of the loop brings another item: they share the cost of the write.

        Alone, an item waits one turn, some microseconds. A busy loop would otherwise write two or three at a time, and
        spend as much on handing over as on answering.
        """
        waiting, turns = 0, 0
        while waiting < len(self._queue) < BATCH_MAX and turns < TURNS_MAX:
            waiting = len(self._queue)
            turns += 1
            await asyncio.sleep(0)

    async def _write_batch(self, batch: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        results: Sequence[Result | Exception]
        begun_s = perf_counter()
        try:
            results = await self._write([item for item, _ in batch])
        except asyncio.CancelledError:
            self._fail(batch, Unavailable("the store is closing"))
            raise
        except Exception as error:
            FAILED_WRITES.add()
            self._fail(batch, error)
            return
        WRITE_SECONDS.add(perf_counter() - begun_s)
        WRITE_ITEMS.add(len(batch))
        for (_, future), result in zip(batch, results, strict=True):
            _settle(future, result)

    def _fail(self, batch: list[tuple[Item, asyncio.Future[Result]]], cause: Exception) -> None:
        for _, future in batch:
            failure = Unavailable("the database did not take the write")
            failure.__cause__ = cause
            _settle(future, failure)


def _settle(future: asyncio.Future[Result], result: Result | Exception) -> None:
    if future.done():  # the waiter has gone
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
