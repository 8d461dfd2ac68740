"""A worker process: one loop, the opened application, a server per listener, and certificates kept fresh.

Its standard input comes from the supervisor: the plan first, then orders of a byte each until end of file, which means
stop, be it that the supervisor wants so or that it is gone.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import logging
import os
import signal
import socket
import sys
import threading
from contextlib import suppress

import msgspec
import uvloop

from ..errors import StartupError
from .fresh_certificates import keep_certificates, open_table
from .plan import (
    DRAIN,
    RELOAD_CERTIFICATES,
    AppFactory,
    OpenedApp,
    WorkerPlan,
    cname_domains_of,
    drain,
    receive_plan,
)
from .protocol import Listener
from .server import GRACE_S, OPENING_GRACE_S, SETTLE_S, FrontServer
from .tls import CertificateTable, TlsContext

CLOSE_S = 10.0
"""How long the application may take to close."""
LIFE_AFTER_STOP_S = SETTLE_S + OPENING_GRACE_S + GRACE_S + CLOSE_S
EXIT_NOT_STARTED = 3
COLLECT_EVERY = 20_000
"""Objects that come and stay, between two looks for garbage."""
SWITCH_INTERVAL_S = 0.0005
"""How long the loop may keep a thread waiting that has finished its write or its signature; Python's own 5 ms is a
twentieth of a second after ten such turns."""

log = logging.getLogger("tallystick.front")


class Status(msgspec.Struct, omit_defaults=True):
    """What a worker reports, once."""

    error: str | None = None
    """The one clear line when it could not start."""


class Orders:
    """What the supervisor wants of this worker."""

    def __init__(self) -> None:
        self.stop = asyncio.Event()
        self.drain = asyncio.Event()
        self.reload = asyncio.Event()
        self._by_byte = {RELOAD_CERTIFICATES: self.reload, DRAIN: self.drain, b"": self.stop}

    def take(self, order: bytes) -> None:
        """One byte of the pipe, or its end."""
        self._by_byte[order].set()


def report(descriptor: int, status: Status) -> None:
    """Tell the supervisor; it may be gone."""
    with suppress(OSError):
        os.write(descriptor, msgspec.json.encode(status) + b"\n")
        os.close(descriptor)


def main() -> int:
    """Run a worker; returns its exit status."""
    # Ctrl-C, and the end of a terminal, reach the whole group; the supervisor decides.
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    pipe = sys.stdin.fileno()
    try:
        plan = receive_plan(pipe)
    except EOFError:
        return 0
    sys.path[:] = plan.path
    gc.disable()  # until `settle_memory`: what starting up makes is here to stay, and looking through it takes a sixth
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(plan, pipe))
    except StartupError as error:
        report(plan.status, Status(str(error)))
        return EXIT_NOT_STARTED
    return 0


async def serve(plan: WorkerPlan, pipe: int) -> None:
    """Open the application and serve until told to stop."""
    orders = Orders()
    watch(pipe, orders)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, orders.stop.set)
    opened = await open_app(plan)
    try:
        table = await open_table(plan.certificates, opened)
        servers = new_servers(plan, opened, table)
        settle_memory()
        keepers = [
            asyncio.create_task(keep_certificates(plan.certificates, table, opened, orders.reload)),
            asyncio.create_task(announce_stop(opened, orders)),
        ]
        try:
            await run_servers(servers, orders.stop, plan.status)
        finally:
            for keeper in keepers:
                keeper.cancel()
    finally:
        await asyncio.wait_for(opened.close(), CLOSE_S)


def settle_memory() -> None:
    """Tell the collector that what start-up made is here to stay.

    Walking through all imported modules took 40 ms, in the middle of some request; and requests leave few cycles
    behind, so there is no need to look for them every 700 objects.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_EVERY, 10, 10)
    gc.enable()


async def announce_stop(opened: OpenedApp, orders: Orders) -> None:
    """Tell the application that a stop is coming, or has come."""
    told = [asyncio.create_task(event.wait()) for event in (orders.drain, orders.stop)]
    try:
        await asyncio.wait(told, return_when=asyncio.FIRST_COMPLETED)
        drain(opened)
    finally:
        for task in told:
            task.cancel()


def watch(pipe: int, orders: Orders) -> None:
    """Take orders; a thread of its own, so that a loop that hangs cannot outlive its supervisor for long."""
    loop = asyncio.get_running_loop()

    def read_orders() -> None:
        order = b"?"
        while order:
            order = os.read(pipe, 1)
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(orders.take, order)
        threading.Event().wait(LIFE_AFTER_STOP_S)
        os._exit(1)

    threading.Thread(target=read_orders, daemon=True, name="supervisor watch").start()


async def open_app(plan: WorkerPlan) -> OpenedApp:
    """Call the factory; what is not its own StartupError is logged whole and told in one line."""
    try:
        module, _, name = plan.factory.partition(":")
        factory: AppFactory = getattr(importlib.import_module(module), name)
        return await factory(plan.settings)
    except StartupError:
        raise
    except Exception as error:
        log.exception("the application could not be opened")
        raise StartupError(f"the application could not be opened: {type(error).__name__}") from error


def new_servers(plan: WorkerPlan, opened: OpenedApp, table: CertificateTable | None) -> list[FrontServer]:
    """A server for each listener."""

    def new_server(listener: Listener, descriptors: list[int], tls: TlsContext | None) -> FrontServer:
        sockets = [socket.socket(fileno=descriptor) for descriptor in descriptors]
        return FrontServer(opened.asgi, listener, sockets, tls, plan.proxies, cname_domains_of(opened))

    servers = [new_server("unix", plan.unix, None)] if plan.unix else []
    if table is None:
        return [new_server("plain", plan.public, None), *servers]
    return [
        new_server("public", plan.public, TlsContext(table, ask_client_certificate=False)),
        new_server("mtls", plan.mtls, TlsContext(table, ask_client_certificate=True)),
        *servers,
    ]


async def run_servers(servers: list[FrontServer], stop: asyncio.Event, status: int) -> None:
    """Serve on all; stop all when told, or when one of them fails."""
    running = [asyncio.create_task(server.serve()) for server in servers]
    stopping = asyncio.create_task(stop.wait())
    serving = asyncio.create_task(all_serving(servers))
    await asyncio.wait([serving, *running], return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        report(status, Status())
        await asyncio.wait([stopping, *running], return_when=asyncio.FIRST_COMPLETED)
    serving.cancel()
    stopping.cancel()
    for server in servers:
        server.should_exit = True
    await asyncio.gather(*running)


async def all_serving(servers: list[FrontServer]) -> None:
    """Wait until every server accepts connections."""
    for server in servers:
        await server.serving.wait()


if __name__ == "__main__":
    sys.exit(main())
