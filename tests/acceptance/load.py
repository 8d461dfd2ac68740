"""A steady stream of token requests over TLS: on kept connections and on fresh ones, each answer counted."""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from dataclasses import dataclass, field

KEPT_CONNECTIONS = 12
KEPT_PER_S = 120
FRESH_PER_S = 80
FRESH_AT_ONCE_MAX = 30
"""So many wait for their answer at most: a busy machine gets the rest later, instead of more than it can bear."""
TIMEOUT_S = 60.0

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Load:
    """Asks for tokens at a fixed pace, however long the answers take, until told to stop."""

    port: int
    tls: ssl.SSLContext
    body: bytes
    outcomes: Counter[str] = field(default_factory=Counter)
    """``200``, another status, or the error that a request ended with."""
    reconnects: int = 0
    certificates: Counter[int] = field(default_factory=Counter)
    """Serial number of the server's certificate → handshakes."""

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop`` is set, and every request has its answer."""
        async with asyncio.TaskGroup() as group:
            for number in range(KEPT_CONNECTIONS):
                group.create_task(self._kept(number, stop))
            group.create_task(self._fresh(stop))

    async def _kept(self, number: int, stop: asyncio.Event) -> None:
        streams: Streams | None = await self._connect()
        loop = asyncio.get_running_loop()
        period_s = KEPT_CONNECTIONS / KEPT_PER_S
        due = loop.time() + period_s * number / KEPT_CONNECTIONS
        while not stop.is_set():
            await asyncio.sleep(due - loop.time())
            due += period_s
            # A server may end a connection on which nothing is under way; then nothing is lost.
            if streams is None or streams[0].at_eof():
                streams = await self._connect()
                self.reconnects += 1
            streams = await self._counted(streams, b"")
        await _close(streams)

    async def _fresh(self, stop: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        room = asyncio.Semaphore(FRESH_AT_ONCE_MAX)

        async def once() -> None:
            await self._once()
            room.release()

        async with asyncio.TaskGroup() as group:
            while not stop.is_set():
                await asyncio.sleep(due - loop.time())
                due += 1 / FRESH_PER_S
                await room.acquire()
                group.create_task(once())

    async def _once(self) -> None:
        try:
            streams = await self._connect()
        except Exception as error:
            self.outcomes[f"connect: {error!r}"] += 1
            return
        await _close(await self._counted(streams, b"Connection: close\r\n"))

    async def _connect(self) -> Streams:
        async with asyncio.timeout(TIMEOUT_S):
            streams = await asyncio.open_connection("127.0.0.1", self.port, ssl=self.tls, server_hostname="localhost")
        certificate = streams[1].get_extra_info("ssl_object").getpeercert()
        self.certificates[int(certificate["serialNumber"], 16)] += 1
        return streams

    async def _counted(self, streams: Streams, header: bytes) -> Streams | None:
        """The connection, when it goes on after this request."""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                status, goes_on = await self._ask(streams, header)
        except Exception as error:
            self.outcomes[repr(error)] += 1
            goes_on = False
        else:
            self.outcomes[status] += 1
        if goes_on:
            return streams
        await _close(streams)
        return None

    async def _ask(self, streams: Streams, header: bytes) -> tuple[str, bool]:
        reader, writer = streams
        writer.write(
            b"POST /oauth/token HTTP/1.1\r\nHost: localhost:%d\r\n%sContent-Type: application/x-www-form-urlencoded\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (self.port, header, len(self.body), self.body)
        )
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if line)
        await reader.readexactly(int(fields["content-length"]))
        return head.split()[1], fields.get("connection") != "close"


async def _close(streams: Streams | None) -> None:
    if streams is not None:
        streams[1].close()
        try:
            async with asyncio.timeout(1):
                await streams[1].wait_closed()
        except (OSError, TimeoutError):
            pass
