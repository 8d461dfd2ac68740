"""One deadline for all that `urllib` reads in an exchange; its own timeout is for each read.

A server that sends a byte now and then, of a header, of the lengths between chunks, of one provisional answer after
another, would hold the thread for as long as it likes. Here every read is given what is left of the time, and no more,
and so is every address that a name has. To shake hands and to send are one wait each, bounded by the timeout as ever.
"""

from __future__ import annotations

import io
import socket
import ssl
import time
from functools import partial
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.request import HTTPHandler, HTTPSHandler, Request


class HttpByDeadline(HTTPHandler):
    """For ``http``; the request's timeout is the time for all of it."""

    def http_open(self, req: Request) -> HTTPResponse:
        """As `urllib` wants it."""
        return self.do_open(_Connection, req)


class HttpsByDeadline(HTTPSHandler):
    """Likewise for ``https``, with the authorities of ``context``."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(context=context)
        self._trusting = context

    def https_open(self, req: Request) -> HTTPResponse:
        """As `urllib` wants it."""
        return self.do_open(_TlsConnection, req, context=self._trusting)


class _Connection(HTTPConnection):
    def __init__(self, host: str, /, *, timeout: float = 0, **options: Any) -> None:
        super().__init__(host, timeout=timeout, **options)
        until_s = time.monotonic() + timeout
        self._create_connection = partial(_connected, until_s=until_s)
        # Of a proxy's answer to CONNECT too.
        self.response_class = partial(_Answer, until_s=until_s)  # type: ignore[assignment]  # is called alone


def _connected(address: tuple[str, int], _: float, source: Any = None, *, until_s: float) -> socket.socket:
    """As `socket.create_connection`, with one deadline for all addresses of the name; whoever owns it says how many."""
    problem = OSError("the name has no address")
    for *_kind, place in socket.getaddrinfo(*address, type=socket.SOCK_STREAM):
        left_s = until_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        try:
            return socket.create_connection((str(place[0]), int(place[1])), left_s, source)
        except OSError as error:
            problem = error
    raise problem


class _TlsConnection(_Connection, HTTPSConnection):
    pass


class _Answer(HTTPResponse):
    def __init__(self, sock: socket.socket, *arguments: Any, until_s: float, **options: Any) -> None:
        super().__init__(sock, *arguments, **options)
        self.fp = io.BufferedReader(_Until(self.fp.detach(), sock, until_s))


class _Until(io.RawIOBase):
    """Reads a socket until a moment of the monotonic clock. Raises TimeoutError then."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, until_s: float) -> None:
        self._raw, self._sock, self._until_s = raw, sock, until_s

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left_s = self._until_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        self._sock.settimeout(left_s)
        read: int | None = self._raw.readinto(buffer)
        return read

    def close(self) -> None:
        self._raw.close()
        super().close()
