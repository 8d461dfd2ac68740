"""Requests byte by byte, for what honest HTTP libraries refuse to send or would tidy up on the way."""

from __future__ import annotations

import json
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

from tests.server import Server

TIMEOUT_S = 30.0


@dataclass(frozen=True)
class Answer:
    """One response."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)

    @property
    def error(self) -> str:
        """The code of a well-formed refusal: JSON, under a correlation id that header and body share."""
        assert self.status in range(400, 500), (self.status, self.body)
        body = self.json
        assert body["correlation_id"] == self.headers["x-correlation-id"]
        return str(body["error"])


class Connection:
    """One connection to the server."""

    def __init__(self, connected: socket.socket) -> None:
        self._connected = connected
        self._received = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connected.close()

    def send(self, data: bytes) -> None:
        """Send these very bytes."""
        self._connected.sendall(data)

    def answer(self, method: str = "POST") -> Answer:
        """The next response."""
        found = self.answer_or_end(method)
        assert found is not None, "the connection ended without an answer"
        return found

    def answer_or_end(self, method: str = "POST") -> Answer | None:
        """The next response, or None when the server closed the connection instead."""
        while b"\r\n\r\n" not in self._received:
            if not self._receive():
                return None
        head, _, self._received = self._received.partition(b"\r\n\r\n")
        status_line, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = 0 if method == "HEAD" else int(headers.get("content-length", "0"))
        while len(self._received) < length:
            assert self._receive(), "the connection ended within an answer"
        body, self._received = self._received[:length], self._received[length:]
        return Answer(int(status_line.split(" ")[1]), headers, body)

    def _receive(self) -> bool:
        try:
            piece = self._connected.recv(65536)
        except (ConnectionError, ssl.SSLError):
            return False
        self._received += piece
        return bool(piece)


class Wire(Connection):
    """One TLS connection to the server; ``source`` is the address to come from."""

    def __init__(
        self,
        server: Server,
        certificate: tuple[Path, Path] | None = None,
        *,
        mtls: bool | None = None,
        version: ssl.TLSVersion | None = None,
        name: str = "localhost",
        context: ssl.SSLContext | None = None,
        session: ssl.SSLSession | None = None,
        source: str = "127.0.0.1",
    ) -> None:
        context = context or server.tls(certificate)
        if version is not None:
            context.minimum_version = context.maximum_version = version
        on_mtls = certificate is not None if mtls is None else mtls
        port = server.mtls_port if on_mtls else server.port
        raw = socket.create_connection(("127.0.0.1", port), TIMEOUT_S, source_address=(source, 0))
        self._socket = context.wrap_socket(raw, server_hostname=name, session=session)
        super().__init__(self._socket)
        self.version = self._socket.version()

    @property
    def session(self) -> ssl.SSLSession | None:
        """What a later connection may offer to resume."""
        return self._socket.session

    @property
    def resumed(self) -> bool:
        """Whether the server took the session that was offered."""
        return bool(self._socket.session_reused)


def plain(server: Server, source: str = "127.0.0.1") -> Connection:
    """A connection without TLS."""
    return Connection(socket.create_connection(("127.0.0.1", server.port), TIMEOUT_S, source_address=(source, 0)))


def by_unix(path: Path) -> Connection:
    """A connection by a unix socket."""
    connected = socket.socket(socket.AF_UNIX)
    connected.settimeout(TIMEOUT_S)
    connected.connect(str(path))
    return Connection(connected)


def form_request(
    server: Server,
    form: dict[str, Any],
    *headers: bytes,
    target: str = "/oauth/token",
    host: str | None = None,
    method: str = "POST",
) -> bytes:
    """A form request with additional header lines; ``host`` None is the issuer's, empty leaves the header out."""
    body = urlencode(form).encode()
    spelled = server.domain if host is None else host
    lines = [f"{method} {target} HTTP/1.1".encode()]
    lines += [f"Host: {spelled}".encode("latin-1")] if spelled else []
    lines += [b"Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}".encode(), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def ask(server: Server, request: bytes, **options: Any) -> Answer:
    """Send one request on a connection of its own; its answer."""
    with Wire(server, **options) as wire:
        wire.send(request)
        return wire.answer()
