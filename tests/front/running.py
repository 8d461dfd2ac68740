"""A front that runs in a thread, and clients that speak to it byte by byte."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tallystick.front.cname_keys import CnameDomains
from tallystick.front.listeners import Listeners, open_listeners
from tallystick.front.protocol import Listener
from tallystick.front.proxies import Proxies
from tallystick.front.server import FrontServer
from tallystick.front.sources import LocalCertificates
from tallystick.front.tls import CertificateTable, TlsContext

from . import tiny

NAMES = ("localhost", "127.0.0.1", "::1")
TIMEOUT_S = 30.0
GET = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


class Identity(NamedTuple):
    """A client's certificate and key, and the chain it shows."""

    certificate_file: Path
    key_file: Path
    chain: tuple[bytes, ...]


class Front:
    """Both listeners, or a plain one, with the tiny application behind them."""

    def __init__(
        self,
        directory: Path,
        loop_factory: Callable[[], Any] | None,
        *,
        tls: bool = True,
        proxies: Proxies | None = None,
        domains: CnameDomains | None = None,
    ) -> None:
        self.directory = directory
        self.ca_file = directory / "tls" / "ca.pem"
        self.noise: list[dict[str, Any]] = []
        self.table: CertificateTable | None = None
        self._loop_factory = loop_factory
        self._tls = tls
        self._proxies = proxies
        self._domains = domains
        # A socket's path may not be long, and a test's directory is.
        self._short = tempfile.TemporaryDirectory(prefix="front-")
        self.unix_file = Path(self._short.name) / "front.sock"
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Front:
        self.listeners: Listeners = open_listeners(
            "localhost", 0, 0, insecure_http=not self._tls, unix_socket=self.unix_file
        )
        self.port, self.mtls_port = self.listeners.port, self.listeners.mtls_port
        self._thread.start()
        assert self._ready.wait(TIMEOUT_S)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._thread.join(TIMEOUT_S)
        assert not self._thread.is_alive()
        self.listeners.close()
        self._short.cleanup()

    def stop(self) -> None:
        """Begin to stop."""
        for server in self.servers:
            server.should_exit = True

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=self._loop_factory) as runner:
            runner.get_loop().set_exception_handler(lambda loop, context: self.noise.append(context))
            runner.run(self._serve())

    async def _serve(self) -> None:
        if self._tls:
            self.source = LocalCertificates(self.directory / "tls", NAMES)
            self.table = CertificateTable(*self.source.load([]))
            self.servers = [
                self._new_server("public", self.listeners.public, ask_client_certificate=False),
                self._new_server("mtls", self.listeners.mtls, ask_client_certificate=True),
            ]
        else:
            self.servers = [self._new_server("plain", self.listeners.public)]
        assert self.listeners.unix is not None
        self.servers.append(self._new_server("unix", [self.listeners.unix.socket]))
        running = [asyncio.create_task(server.serve()) for server in self.servers]
        for server in self.servers:
            await server.serving.wait()
        self._ready.set()
        await asyncio.gather(*running)

    def _new_server(
        self, listener: Listener, sockets: list[socket.socket], *, ask_client_certificate: bool | None = None
    ) -> FrontServer:
        context = None
        if self.table is not None and ask_client_certificate is not None:
            context = TlsContext(self.table, ask_client_certificate=ask_client_certificate)
        return FrontServer(tiny.asgi, listener, sockets, context, self._proxies, self._domains)

    # Clients

    def connect_unix(self) -> socket.socket:
        """A connection by the unix socket."""
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(TIMEOUT_S)
        connection.connect(str(self.unix_file))
        return connection

    def client_context(self, identity: Identity | None = None, version: str | None = None) -> ssl.SSLContext:
        """A client that trusts the local CA, of one TLS version only when named."""
        context = ssl.create_default_context(cafile=str(self.ca_file))
        if version is not None:
            context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, version)
        if identity is not None:
            context.load_cert_chain(identity.certificate_file, identity.key_file)
        return context

    def connect(
        self,
        port: int | None = None,
        identity: Identity | None = None,
        version: str | None = None,
        *,
        context: ssl.SSLContext | None = None,
        session: ssl.SSLSession | None = None,
        server_name: str = "localhost",
    ) -> socket.socket:
        """A connection, under TLS unless the front is plain."""
        raw = socket.create_connection(("127.0.0.1", port or self.port), TIMEOUT_S)
        if not self._tls:
            return raw
        context = context or self.client_context(identity, version)
        return context.wrap_socket(raw, server_hostname=server_name, session=session)

    def ask(self, request: bytes = GET, **how: Any) -> Answer:
        """Send bytes, read until the server closes."""
        with self.connect(**how) as connection:
            connection.sendall(request)
            return read_answer(connection)


class Answer(NamedTuple):
    """What came back: status, headers in lower case, body; and whatever else followed."""

    status: int
    headers: dict[str, str]
    body: bytes
    rest: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


def read_all(connection: socket.socket) -> bytes:
    """Everything until the end; a reset counts as one."""
    content = b""
    try:
        while piece := connection.recv(65536):
            content += piece
    except (ConnectionError, ssl.SSLEOFError):
        pass
    return content


def read_answer(connection: socket.socket) -> Answer:
    """The first answer on a connection that the server then closes."""
    return parse(read_all(connection))


def parse(content: bytes) -> Answer:
    """Bytes as an answer; status 0 when there was none."""
    head, _, rest = content.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    if not lines[0].startswith("HTTP/1.1 "):
        return Answer(0, {}, b"", content)
    headers = {key.lower(): value for key, _, value in (line.partition(": ") for line in lines[1:])}
    length = int(headers.get("content-length", len(rest)))
    return Answer(int(lines[0].split()[1]), headers, rest[:length], rest[length:])


def read_one(connection: socket.socket) -> Answer:
    """One answer on a connection that stays open."""
    content = b""
    while True:
        answer = parse(content) if b"\r\n\r\n" in content else None
        if answer is not None and len(answer.body) == int(answer.headers["content-length"]):
            return answer
        piece = connection.recv(65536)
        if not piece:
            return parse(content)
        content += piece
