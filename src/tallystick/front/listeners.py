"""Listening sockets: bound once by the supervisor, shared by its workers, and closed without losing a connection."""

from __future__ import annotations

import errno
import ipaddress
import socket
import struct
import sys
from collections.abc import Iterable
from ctypes import addressof, create_string_buffer
from pathlib import Path

import msgspec

from ..errors import StartupError
from .unix_socket import BACKLOG, UnixListener, bind_unix

PORT_ATTEMPTS = 20
LOCALHOST = ("127.0.0.1", "::1")
ABSENT = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
"""What the system answers for ::1 where IPv6 is off."""

SO_ATTACH_FILTER = 26
# Classic BPF over the TCP header: byte 13 holds the flags; a SYN without ACK (a new connection) is dropped.
REFUSE_SYN = (
    (0x30, 0, 0, 13),  # load byte 13
    (0x54, 0, 0, 0x12),  # keep SYN and ACK
    (0x15, 0, 1, 0x02),  # SYN alone?
    (0x06, 0, 0, 0),  # drop
    (0x06, 0, 0, 0xFFFFFFFF),  # pass
)


def bind(host: str, port: int) -> list[socket.socket]:
    """Listening sockets for ``host``; with port 0 one free port on all its addresses.

    ``localhost`` means 127.0.0.1 and ::1, ``::`` every interface in both families. Raises :class:`StartupError`.
    """
    addresses = LOCALHOST if host == "localhost" else resolve(host)
    for attempt in range(PORT_ATTEMPTS if port == 0 else 1):
        try:
            return bind_all(addresses, port)
        except OSError as error:
            # A port that is free on the first address may be taken on the second.
            if port == 0 and error.errno == errno.EADDRINUSE and attempt + 1 < PORT_ATTEMPTS:
                continue
            raise StartupError(f"cannot listen on {host} port {port}: {error.strerror}") from error
    raise AssertionError("the last attempt returns or raises")


class Listeners(msgspec.Struct, frozen=True):
    """What a server listens on. With plain HTTP ``mtls`` is empty: client certificates need TLS."""

    public: list[socket.socket]
    mtls: list[socket.socket]
    unix: UnixListener | None = None

    @property
    def port(self) -> int:
        """The port that was bound."""
        return int(self.public[0].getsockname()[1])

    @property
    def mtls_port(self) -> int:
        """The mTLS port that was bound; 0 without one."""
        return int(self.mtls[0].getsockname()[1]) if self.mtls else 0

    def tcp(self) -> list[socket.socket]:
        """Every socket with a port."""
        return [*self.public, *self.mtls]

    def all(self) -> list[socket.socket]:
        """Every socket."""
        return [*self.tcp(), *([self.unix.socket] if self.unix is not None else [])]

    def refuse_new(self) -> None:
        """Let no new connection begin; what is queued can still be accepted."""
        if self.unix is not None:
            self.unix.remove()
        refuse_new(self.tcp())

    def close(self) -> None:
        """Close all, and leave no socket file behind."""
        if self.unix is not None:
            self.unix.remove()
        close(self.all())


def open_listeners(
    host: str,
    port: int,
    mtls_port: int,
    *,
    insecure_http: bool = False,
    behind_proxy: bool = False,
    unix_socket: Path | None = None,
    unix_socket_mode: int = 0o600,
) -> Listeners:
    """Bind both ports, or with ``insecure_http`` the first alone, and the unix socket; raises :class:`StartupError`.

    Plain HTTP does not leave the machine unless ``behind_proxy`` says that a trusted proxy stands in front.
    """
    if insecure_http and not behind_proxy and not is_loopback(host):
        what_else = "listen on localhost, or say behind_proxy where nobody but a proxy gets there"
        raise StartupError(f"plain HTTP on {host} would be open to the network; {what_else}")
    public, mtls = bind(host, port), list[socket.socket]()
    try:
        if not insecure_http:
            mtls = bind(host, mtls_port)
        unix = None if unix_socket is None else bind_unix(unix_socket, unix_socket_mode)
    except StartupError:
        close([*public, *mtls])
        raise
    return Listeners(public, mtls, unix)


def bind_all(addresses: Iterable[str], port: int) -> list[socket.socket]:
    """One socket per address, all on the same port; of several addresses those that exist."""
    sockets: list[socket.socket] = []
    missing: OSError | None = None
    try:
        for address in addresses:
            try:
                sockets.append(bind_one(address, port))
            except OSError as error:
                if error.errno not in ABSENT:
                    raise
                missing = error
            else:
                port = sockets[0].getsockname()[1]
    except OSError:
        close(sockets)
        raise
    if not sockets and missing is not None:
        raise missing
    return sockets


def bind_one(address: str, port: int) -> socket.socket:
    """A listening socket; connections queue from here on, whether a worker is there or not."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0 if address == "::" else 1)
        listener.bind((address, port))
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


def resolve(host: str) -> list[str]:
    """The addresses of ``host``; raises :class:`StartupError`."""
    try:
        found = socket.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise StartupError(f"cannot find the address of host {host}") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_loopback(host: str) -> bool:
    """True when nobody outside this machine can reach ``host``."""
    addresses = LOCALHOST if host == "localhost" else resolve(host)
    return all(ipaddress.ip_address(address.partition("%")[0]).is_loopback for address in addresses)


def refuse_new(sockets: Iterable[socket.socket]) -> None:
    """Let no new connection begin, while those that the system already queued can still be accepted.

    Closing a listening socket resets what waits in its queue; where the filter is not known that little is lost.
    Who tries meanwhile tries again a second later, and finds the port closed or the next server.
    """
    if sys.platform != "linux":
        return
    program = create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in REFUSE_SYN))
    filter_ = struct.pack("HP", len(REFUSE_SYN), addressof(program))
    for listener in sockets:
        try:
            listener.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, filter_)
        except OSError:
            continue


def close(sockets: Iterable[socket.socket]) -> None:
    """Close them all."""
    for listener in sockets:
        listener.close()
