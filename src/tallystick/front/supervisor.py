"""The supervisor: runs a crew of workers until it is told to stop, and reloads without dropping a connection.

SIGTERM, SIGINT  stop: no new connection, every request that had begun is answered
SIGHUP           reload: certificates are read again by the workers there are; when settings changed, a crew with the
                 new ones starts on the same sockets, and the old crew stops as at a stop. What cannot be is not applied
                 at all: everything stays as it is, and one line says why.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable
from contextlib import suppress

from ..errors import StartupError
from .crew import Crew, unless
from .life import APPLIED, REFUSED, Life
from .metrics import Metrics
from .plan import DRAIN, RELOAD_CERTIFICATES
from .serve_plan import NextPlan, Reread, ServePlan
from .terminal import Hangup

log = logging.getLogger("tallystick.front")


class Supervisor:
    """Runs a plan until SIGTERM or SIGINT; with ``reread`` SIGHUP reloads."""

    def __init__(self, plan: ServePlan, reread: Reread | None = None) -> None:
        self._listeners = plan.listeners
        self._plan = plan
        self._reread = reread
        self._stop = asyncio.Event()
        self._impatient = asyncio.Event()
        self._reload = asyncio.Event()
        self._crews: list[Crew] = []
        """The one that serves, last; before it those that still finish."""
        self._leaving: set[asyncio.Task[None]] = set()
        self._life = Life()

    async def run(self, on_ready: Callable[[], None] = lambda: None) -> None:
        """Serve; ``on_ready`` is called once all workers serve. Returns after a clean stop, raises StartupError."""
        self._listen_to_signals()
        try:
            metrics = Metrics(self._plan.metrics_port, self._life) if self._plan.metrics_port else None
            self._crews.append(Crew(self._plan, metrics, self._life))
            if await self._crews[0].begin():
                on_ready()
                while await unless(self._stop, self._reload.wait()):
                    self._reload.clear()
                    await self._reload_once()
                await self._announce_stop()
        finally:
            self._stop.set()
            await self._finish()

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        hangup = Hangup()

        def hung_up() -> None:
            (self._stopped if hangup.is_of_terminal() else self._reload.set)()

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopped)
        loop.add_signal_handler(signal.SIGHUP, hung_up)

    def _stopped(self) -> None:
        if self._stop.is_set():
            # Asked a second time: no more patience.
            self._impatient.set()
            for crew in self._crews:
                crew.kill()
        self._stop.set()
        # A crew that is still starting does not go on with it.
        for crew in self._crews:
            crew.interrupt()

    # Reload

    async def _reload_once(self) -> None:
        """Apply what was changed, or leave everything as it is and say why in one line."""
        if self._reread is None:
            return
        try:
            coming = self._reread()
            if coming.plan.certificates is not None:
                # Seen to be good before any worker is told; the workers read them with the hosts they know.
                await asyncio.to_thread(coming.plan.certificates.load, [])
            if coming.changed:
                await self._change_crew(coming)
            else:
                self._crews[-1].tell(RELOAD_CERTIFICATES)
        except StartupError as error:
            self._life.reloads[REFUSED] += 1
            log.error("reload refused, everything stays as it is: %s", error)
            return
        if self._stop.is_set():
            return
        coming.applied()
        self._life.reloads[APPLIED] += 1
        log.info("reloaded: %s", ", ".join(["certificates", *coming.changed]))
        if coming.needs_restart:
            log.warning("changed, but needs a restart: %s", ", ".join(coming.needs_restart))

    async def _change_crew(self, coming: NextPlan) -> None:
        old = self._crews[-1]
        metrics = old.metrics
        if coming.plan.metrics_port != old.plan.metrics_port:
            metrics = Metrics(coming.plan.metrics_port, self._life) if coming.plan.metrics_port else None
        crew = Crew(coming.plan, metrics, self._life)
        self._crews.append(crew)
        try:
            begun = await crew.begin()
        except StartupError:
            await self._dismiss(crew)
            raise
        # Told to stop meanwhile: the end of `run` stops both.
        if begun:
            leaving = asyncio.create_task(self._dismiss(old))
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)

    async def _dismiss(self, crew: Crew) -> None:
        """Let a crew finish what it has and go; the sockets stay open for the other one."""
        crew.stop()
        await crew.ended()
        self._crews.remove(crew)
        if crew.metrics is not None and all(other.metrics is not crew.metrics for other in self._crews):
            crew.metrics.close()

    # Stop

    async def _announce_stop(self) -> None:
        for crew in self._crews:
            crew.tell(DRAIN)
        if (drain_s := self._crews[-1].plan.drain_s) > 0:
            log.info("stopping in %d s", drain_s)
            with suppress(TimeoutError):
                async with asyncio.timeout(drain_s):
                    await self._impatient.wait()

    async def _finish(self) -> None:
        """Stop every worker: no new connections, then finish what is there."""
        self._listeners.refuse_new()
        for crew in self._crews:
            crew.stop()
        self._listeners.close()
        await asyncio.gather(*self._leaving)
        await asyncio.gather(*(self._dismiss(crew) for crew in list(self._crews)))


def serve(plan: ServePlan, on_ready: Callable[[], None] = lambda: None, reread: Reread | None = None) -> None:
    """Serve until SIGTERM or SIGINT; returns after a clean stop, raises :class:`StartupError` with one clear line.

    With ``reread`` SIGHUP reloads what it gives.
    """

    async def supervise() -> None:
        await Supervisor(plan, reread).run(on_ready)

    asyncio.run(supervise())
