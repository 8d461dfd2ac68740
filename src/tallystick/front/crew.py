"""A crew: the workers of one plan. They start together, are replaced when they die, and stop losing no request."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ..errors import StartupError
from .life import Life
from .listeners import Listeners
from .metrics import DIRECTORY_VARIABLE, Metrics
from .plan import WorkerPlan, send_plan
from .proxies import Proxies
from .sources import CertificateSource
from .worker import LIFE_AFTER_STOP_S, Status

BACKOFF_FIRST_S = 0.1
BACKOFF_MAX_S = 10.0
STEADY_S = 60.0
"""A worker that lived this long died of something new: its replacement does not wait longer than the first."""

T = TypeVar("T")

log = logging.getLogger("tallystick.front")


class ServePlan(msgspec.Struct, frozen=True, kw_only=True):
    """What to serve, on what, with how many workers."""

    factory: str
    """``package.module:function``, an async function from settings to an opened application."""
    settings: Any
    listeners: Listeners
    certificates: CertificateSource | None
    """None serves plain HTTP."""
    proxies: Proxies | None = None
    """Whom to believe about clients; None nobody."""
    workers: int = 1
    metrics_port: int = 0
    drain_s: int = 0
    """How long a stop is announced on ``/readyz`` before it begins."""


class Worker:
    """One worker process and what it has reported."""

    def __init__(self, process: asyncio.subprocess.Process, status: asyncio.StreamReader) -> None:
        self.process = process
        self._status = status
        self.started_at = asyncio.get_running_loop().time()

    async def ready(self) -> None:
        """Wait until it serves; raises :class:`StartupError` with its one line, or when it dies before."""
        line = await self._status.readline()
        if not line:
            code = await self.process.wait()
            raise StartupError(f"a worker ended before it was ready (status {code})")
        error = msgspec.json.decode(line, type=Status).error
        if error is not None:
            raise StartupError(error)

    def tell(self, order: bytes) -> None:
        """One of the orders of `plan`."""
        if self.process.stdin is not None and not self.process.stdin.is_closing():
            self.process.stdin.write(order)

    def stop(self) -> None:
        """Tell it to finish: the end of its input says so."""
        if self.process.stdin is not None:
            self.process.stdin.close()


class Crew:
    """The workers of one plan."""

    def __init__(self, plan: ServePlan, metrics: Metrics | None, life: Life) -> None:
        self.plan = plan
        self._life = life
        self.metrics = metrics
        self._stop = asyncio.Event()
        self._workers: set[Worker] = set()
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
            worker.process.kill()

    async def ended(self) -> None:
        """Wait until every worker has stopped; those that do not in time are ended."""
        ended = [asyncio.create_task(worker.process.wait()) for worker in self._workers]
        if ended:
            _, late = await asyncio.wait(ended, timeout=LIFE_AFTER_STOP_S + 1.0)
            if late:
                self.kill()
                await asyncio.wait(late)
        await asyncio.gather(*self._keepers, return_exceptions=True)
        for worker in list(self._workers):
            self._forget(worker)

    async def _begin_all(self) -> list[Worker]:
        # The first alone: what a first start makes is made once, and what is wrong is said once.
        first = await self._begin()
        return [first, *await asyncio.gather(*(self._begin() for _ in range(self.plan.workers - 1)))]

    async def _begin(self) -> Worker:
        """Start a worker and wait until it serves."""
        worker = await self._spawn()
        try:
            await worker.ready()
        except BaseException:
            worker.stop()
            raise
        return worker

    async def _keep(self, worker: Worker) -> None:
        """Replace the worker whenever it dies."""
        failures = 0
        while True:
            code = await worker.process.wait()
            self._forget(worker)
            if self._stop.is_set():
                return
            lived_s = asyncio.get_running_loop().time() - worker.started_at
            failures = 1 if lived_s >= STEADY_S else failures + 1
            log.error("worker %d ended (status %d); starting another", worker.process.pid, code)
            replacement = await self._replace(failures)
            if replacement is None:
                return
            self._life.restarts += 1
            worker = replacement

    async def _replace(self, failures: int) -> Worker | None:
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

    async def _spawn(self) -> Worker:
        listeners = self.plan.listeners
        status_read, status_write = os.pipe()
        try:
            plan = WorkerPlan(
                factory=self.plan.factory,
                settings=self.plan.settings,
                public=[listening.fileno() for listening in listeners.public],
                mtls=[listening.fileno() for listening in listeners.mtls],
                unix=[listeners.unix.socket.fileno()] if listeners.unix is not None else [],
                proxies=self.plan.proxies,
                certificates=self.plan.certificates,
                status=status_write,
                path=import_path(),
            )
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",
                "-m",
                "tallystick.front.worker",
                stdin=asyncio.subprocess.PIPE,
                pass_fds=[status_write, *plan.public, *plan.mtls, *plan.unix],
                env=self._environment(),
            )
        except BaseException:
            os.close(status_read)
            raise
        finally:
            os.close(status_write)
        worker = Worker(process, await open_reader(status_read))
        self._workers.add(worker)
        self._life.workers.add(process.pid)
        if process.stdin is not None:
            process.stdin.write(send_plan(plan))
        return worker

    def _environment(self) -> dict[str, str]:
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        if self.metrics is not None:
            environment[DIRECTORY_VARIABLE] = str(self.metrics.directory)
        return environment

    def _forget(self, worker: Worker) -> None:
        self._workers.discard(worker)
        self._life.workers.discard(worker.process.pid)
        if self.metrics is None:
            return
        try:
            self.metrics.forget(worker.process.pid)
        except Exception:
            # Whatever is wrong with what it counted: somebody must take its place.
            log.exception("what worker %d counted is lost", worker.process.pid)

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


def import_path() -> list[str]:
    """Where this process imports from, whatever directory another one starts in."""
    return [str(Path(entry).absolute()) for entry in sys.path]


async def open_reader(descriptor: int) -> asyncio.StreamReader:
    """A stream over a pipe's reading end."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb"))
    return reader


Reread = Callable[[], "NextPlan"]
"""Reads the configuration again; raises :class:`StartupError` with one clear line."""


class NextPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a reload is to bring."""

    plan: ServePlan
    changed: tuple[str, ...]
    """The settings that the plan has otherwise than the one before; without any, the workers stay."""
    needs_restart: tuple[str, ...]
    """Those that were changed and that only a restart can apply."""
    applied: Callable[[], None]
    """Called once the plan is in force."""
