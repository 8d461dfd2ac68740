"""The load: many keep-alive connections, each with one request on its way at a time.

Requests are complete bytes before the clock starts, and an answer is only looked at as far as finding its end needs:
the generator must be several times faster than what it measures. `python -m bench --check-load` says how fast it is.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import cast

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_OK = b"HTTP/1.1 200"


@dataclass
class Window:
    """What one window saw. `refused` holds the first answers that were not 200, for the error message."""

    seconds: float = 0.0
    latencies_s: list[float] = field(default_factory=list)
    refused: list[bytes] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        """Answered requests per second."""
        return len(self.latencies_s) / self.seconds

    def latency_ms(self, share: float) -> float:
        """The latency that `share` (0 to 1) of the requests stayed within, in milliseconds."""
        ordered = sorted(self.latencies_s)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1e3


class _Connection(asyncio.Protocol):
    def __init__(self, requests: Iterator[bytes], window: Window, until: float, idle: asyncio.Future[None]) -> None:
        self._requests = requests
        self._window = window
        self._until = until
        self._idle = idle
        self._pending = b""
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's do not inherit from it
        self._next()

    def data_received(self, data: bytes) -> None:
        if self._pending:
            data = self._pending + data
        head = data.find(b"\r\n\r\n")
        length = _LENGTH.search(data, 0, head + 2) if head >= 0 else None
        if length is None or len(data) < head + 4 + int(length[1]):
            self._pending = data
            return
        self._pending = b""
        self._window.latencies_s.append(time.perf_counter() - self._sent)
        if not data.startswith(_OK):
            self._window.refused.append(data)
        self._next()

    def _next(self) -> None:
        self._sent = time.perf_counter()
        request = next(self._requests, None) if self._sent < self._until else None
        if request is None:
            self._transport.close()
            self._finish()
        else:
            self._transport.write(request)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._idle.done():
            self._window.refused.append(f"connection lost: {exc}".encode())
            self._finish()

    def _finish(self) -> None:
        if not self._idle.done():
            self._idle.set_result(None)


async def run_window(port: int, requests: Iterator[bytes], *, connections: int, seconds: float) -> Window:
    """Load 127.0.0.1:`port` until `seconds` have passed or `requests` are used up, whichever comes first."""
    loop = asyncio.get_running_loop()
    window = Window()
    idle = [loop.create_future() for _ in range(connections)]
    start = time.perf_counter()
    for done in idle:
        connection = partial(_Connection, requests, window, start + seconds, done)
        await loop.create_connection(connection, "127.0.0.1", port)
    async with asyncio.timeout(seconds + 30):
        await asyncio.gather(*idle)
    window.seconds = time.perf_counter() - start
    return window


class _Trivial(asyncio.Protocol):
    """The least server there can be: it answers every packet with the same bytes."""

    _ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n" + b"x" * 900

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's do not inherit from it

    def data_received(self, data: bytes) -> None:
        self._transport.write(self._ANSWER)


async def serve_trivially(port: int) -> None:
    """Answer on 127.0.0.1:`port` for ever; what `--check-load` measures the generator against."""
    server = await asyncio.get_running_loop().create_server(_Trivial, "127.0.0.1", port)
    await server.serve_forever()
