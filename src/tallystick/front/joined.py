"""Head and body of an answer in one write: one system call, one TLS record and one packet instead of two."""

from __future__ import annotations

import asyncio


class JoinedWrites(asyncio.Transport):
    """What one answer writes through, in place of its connection's transport. The first write waits for the second."""

    __slots__ = ("_first", "_held", "_loop", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._first = True
        self._held = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Write, or keep the first piece until the next one or the loop's next turn, whichever is sooner."""
        if self._first:
            self._first = False
            self._held = bytes(data)
            self._loop.call_soon(self._let_go)
            return
        held, self._held = self._held, b""
        self._transport.write(held + data if held else data)

    def close(self) -> None:
        """Write what is kept, then close."""
        self._let_go()
        self._transport.close()

    def is_closing(self) -> bool:
        """Whether the connection is closed or about to be."""
        return self._transport.is_closing()

    def _let_go(self) -> None:
        if self._held:
            held, self._held = self._held, b""
            self._transport.write(held)
