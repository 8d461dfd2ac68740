"""A wire tap between proxy and Tallystick: passes bytes on unchanged, and counts connections.

With it a test knows that requests of several clients really shared a connection.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

from .place import Address


def connected(address: Address) -> socket.socket:
    """A connection to a Unix socket, or to host and port."""
    if isinstance(address, tuple):
        return socket.create_connection(address)
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(address))
    return connection


def listening(address: Address) -> socket.socket:
    """A listening socket; on a port of the system's choice when the address has none."""
    if isinstance(address, tuple):
        return socket.create_server(address)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(address))
    listener.listen()
    return listener


class Relay:
    """Listens on ``address`` and forwards to ``target``, until closed."""

    def __init__(self, address: Address, target: Address) -> None:
        self._listener = listening(address)
        self._target = target
        self._open: list[socket.socket] = [self._listener]
        self.connections = 0
        """How many there have been."""
        bound = self._listener.getsockname()
        self.address: Address = address if not isinstance(address, tuple) else (bound[0], bound[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Cut every connection."""
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(near)
            try:
                far = connected(self._target)
            except OSError:
                near.close()
                continue
            self._open.append(far)
            for each in (near, far):
                if each.family == socket.AF_INET:
                    # Small pieces go out at once, or every request would wait 40 ms for an acknowledgement.
                    each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=_copy, args=(source, sink), daemon=True).start()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            sink.sendall(piece)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
