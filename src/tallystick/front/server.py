"""One listener of a worker: uvicorn's server with our sockets, our TLS time limits and a stop that loses nothing."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import socket
import ssl
import sys
from collections.abc import Callable, Generator
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from .cname_keys import CnameDomains, CnameKeys
from .protocol import FrontProtocol, Listener
from .proxies import Proxies
from .state import FrontState
from .unix_socket import BACKLOG

HANDSHAKE_TIMEOUT_S = 10.0
"""A client that connects and does not finish its handshake is dropped."""
TLS_CLOSE_TIMEOUT_S = 5.0
KEEP_ALIVE_S = 75
"""How long a connection may be idle between requests; longer than most clients keep theirs, so they close first."""
SETTLE_S = 0.15
"""How long a stopping server still accepts: what the system has queued, and handshakes of TCP under way."""
OPENING_GRACE_S = 2.0
"""How long a stopping server waits for TLS handshakes under way."""
GRACE_S = 30.0
"""How long a stopping server waits for requests to finish."""
TICK_S = 0.02
# The file is the supervisor's to remove: other workers, or the next crew, serve on the same socket.
KEEP_SOCKET_FILE: dict[str, Any] = {"cleanup_socket": False} if sys.version_info >= (3, 13) else {}

log = logging.getLogger("tallystick.front")


def new_config(app: ASGIApp, tls: ssl.SSLContext | None) -> uvicorn.Config:
    """uvicorn's settings: nothing logged, nothing guessed from headers, no `Server` header, no WebSocket."""
    return uvicorn.Config(
        app,
        loop="none",
        http=FrontProtocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=True,
        workers=1,
        timeout_keep_alive=KEEP_ALIVE_S,
        ssl_context_factory=None if tls is None else lambda config, default: tls,
    )


async def waited_for(condition: Callable[[], bool], limit_s: float) -> bool:
    """Wait until ``condition`` holds; False when it does not within ``limit_s``."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + limit_s
    while not condition():
        if loop.time() >= deadline:
            return False
        await asyncio.sleep(TICK_S)
    return True


class FrontServer(uvicorn.Server):
    """Serves ``app`` on ``sockets``; several live in one loop, and none of them touches signals."""

    def __init__(
        self,
        app: ASGIApp,
        listener: Listener,
        sockets: list[socket.socket],
        tls: ssl.SSLContext | None,
        proxies: Proxies | None = None,
        domains: CnameDomains | None = None,
    ) -> None:
        asks = domains is not None and proxies is not None and proxies.form == "auth0"
        super().__init__(new_config(CnameKeys(app, domains) if asks and domains is not None else app, tls))
        self.server_state: FrontState = FrontState(proxies, asks_cname_keys=asks)
        self.listener = listener
        self.sockets = sockets
        self.serving = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept connections; as uvicorn's, but with time limits on handshakes."""
        self.servers = [await self._listen(listening) for listening in self.sockets]
        self.started = True
        self.serving.set()

    async def _listen(self, listening: socket.socket) -> asyncio.Server:
        loop, tls = asyncio.get_running_loop(), self.config.ssl
        if self.listener == "unix":
            return await loop.create_unix_server(
                self._new_protocol, sock=listening, backlog=BACKLOG, **KEEP_SOCKET_FILE
            )
        return await loop.create_server(
            self._new_protocol,
            sock=listening,
            ssl=tls,
            backlog=BACKLOG,
            ssl_handshake_timeout=HANDSHAKE_TIMEOUT_S if tls else None,
            ssl_shutdown_timeout=TLS_CLOSE_TIMEOUT_S if tls else None,
        )

    def _new_protocol(self) -> FrontProtocol:
        loop = asyncio.get_running_loop()
        return FrontProtocol(self.config, self.server_state, {}, loop, listener=self.listener)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop accepting, finish what was accepted, at most :data:`GRACE_S`."""
        state = self.server_state
        state.draining = True
        for connection in list(state.connections):
            connection.shutdown()
        await asyncio.sleep(SETTLE_S)
        for server in self.servers:
            server.close()
        for listening in self.sockets:
            listening.close()
        # A handshake that failed leaves its protocol to the garbage collector, which may not have come by yet.
        gc.collect()
        await waited_for(lambda: not state.opening, OPENING_GRACE_S)
        if not await waited_for(lambda: not state.connections and not state.tasks, GRACE_S):
            self._cut_off()

    def _cut_off(self) -> None:
        state = self.server_state
        log.error("%d connections did not finish within %d s and were cut off", len(state.connections), GRACE_S)
        for task in list(state.tasks):
            task.cancel()
        for connection in list(state.connections):
            connection.transport.abort()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Nothing: the worker decides when its servers stop."""
        yield
