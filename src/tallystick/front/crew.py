"""A crew: the workers of one plan. They start together, are replaced when they die, and stop losing no request."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

from ..errors import StartupError
from .life import Life
from .metrics import DIRECTORY_VARIABLE, Metrics
from .serve_plan import ServePlan
from .worker import LIFE_AFTER_STOP_S
from .worker_process import WorkerProcess, spawn

BACKOFF_FIRST_S = 0.1
BACKOFF_MAX_S = 10.0
STEADY_S = 60.0
"""A worker that lived this long died of something new: its replacement does not wait longer than the first."""

T = TypeVar("T")

log = logging.getLogger("tallystick.front")


class Crew:
    """The workers of one plan."""

    def __init__(self, plan: ServePlan, metrics: Metrics | None, life: Life) -> None:
        self.plan = plan
        self._life = life
        self.metrics = metrics
        self._stop = asyncio.Event()
        self._workers: set[WorkerProcess] = set()
        self._keepers: list[asyncio.Task[None]] = []

    async def begin(self) -> bool:
        """Start every worker; True when all serve, False when told to stop before. Raises :class:`StartupError`."""
        workers = await self._unless_stopped(self._begin_all())
        if workers is None:
            return False
        self._keepers = [asyncio.create_task(self._keep(worker)) for worker in workers]
        return True

    def tell(self, order: bytes) -> None:
        """Pass an order on to every worker."""
        for worker in self._workers:
            worker.tell(order)

    def interrupt(self) -> None:
        """Start no more workers, be it the first ones or replacements."""
        self._stop.set()

    def stop(self) -> None:
        """Tell every worker to take no new connection and to finish what it has; nobody is replaced from now on."""
        self._stop.set()
        for worker in self._workers:
            worker.stop()

    def kill(self) -> None:
        """End every worker at once."""
        for worker in self._workers:
            worker.kill()

    async def ended(self) -> None:
        """Wait until every worker has stopped; those that do not in time are ended."""
        ended = [asyncio.create_task(worker.ended()) for worker in self._workers]
        if ended:
            _, late = await asyncio.wait(ended, timeout=LIFE_AFTER_STOP_S + 1.0)
            if late:
                self.kill()
                await asyncio.wait(late)
        await asyncio.gather(*self._keepers, return_exceptions=True)
        for worker in list(self._workers):
            self._forget(worker)

    async def _begin_all(self) -> list[WorkerProcess]:
        # The first alone: what a first start makes is made once, and what is wrong is said once.
        first = await self._begin()
        return [first, *await asyncio.gather(*(self._begin() for _ in range(self.plan.workers - 1)))]

    async def _begin(self) -> WorkerProcess:
        """Start a worker and wait until it serves."""
        worker = await self._spawn()
        try:
            await worker.ready()
        except BaseException:
            worker.stop()
            raise
        return worker

    async def _keep(self, worker: WorkerProcess) -> None:
        """Replace the worker whenever it dies."""
        failures = 0
        while True:
            code = await worker.ended()
            self._forget(worker)
            if self._stop.is_set():
                return
            lived_s = asyncio.get_running_loop().time() - worker.started_at
            failures = 1 if lived_s >= STEADY_S else failures + 1
            log.error("worker %d ended (status %d); starting another", worker.pid, code)
            replacement = await self._replace(failures)
            if replacement is None:
                return
            self._life.restarts += 1
            worker = replacement

    async def _replace(self, failures: int) -> WorkerProcess | None:
        while True:
            delay_s = min(BACKOFF_MAX_S, BACKOFF_FIRST_S * 2.0 ** min(failures - 1, 10))
            await self._unless_stopped(asyncio.sleep(delay_s))
            if self._stop.is_set():
                return None
            try:
                return await self._unless_stopped(self._begin())
            except StartupError as error:
                # The others serve on; what is wrong now was right when we started, and may be again.
                log.error("a worker could not start: %s", error)
                failures += 1

    async def _spawn(self) -> WorkerProcess:
        worker = await spawn(self.plan, {DIRECTORY_VARIABLE: str(self.metrics.directory)} if self.metrics else {})
        self._workers.add(worker)
        self._life.workers.add(worker.pid)
        return worker

    def _forget(self, worker: WorkerProcess) -> None:
        self._workers.discard(worker)
        self._life.workers.discard(worker.pid)
        if self.metrics is None:
            return
        try:
            self.metrics.forget(worker.pid)
        except Exception:
            # Whatever is wrong with what it counted: somebody must take its place.
            log.exception("what worker %d counted is lost", worker.pid)

    async def _unless_stopped(self, work: Coroutine[Any, Any, T]) -> T | None:
        """What ``work`` gives, or None when told to stop before."""
        return await unless(self._stop, work)


async def unless(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """What ``work`` gives, or None when ``stop`` is set before; then the work is cancelled."""
    task = asyncio.create_task(work)
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([task, stopped], return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        stopped.cancel()
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
