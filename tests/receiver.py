"""An application's own server on loopback, over HTTPS with its own authority: it keeps what it is told."""

from __future__ import annotations

import contextlib
import ipaddress
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from cryptography import x509

from tests.certificate_mill import SERVER_AUTH, authority, certify

WAIT_S_MAX = 60.0


@dataclass(frozen=True)
class Told:
    """One request that arrived."""

    method: str
    path: str
    headers: dict[str, str]
    """By name in lower case."""
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """The body's fields."""
        return {name: values[0] for name, values in parse_qs(self.body.decode(), strict_parsing=True).items()}


Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Receiver:
    """``answers`` by path; without one it says 204."""

    port: int
    ca_file: Path
    answers: dict[str, Answer] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def url(self, path: str = "/", host: str = "localhost", scheme: str = "https") -> str:
        """Where it listens."""
        return f"{scheme}://{host}:{self.port}{path}"

    def wait(self, path: str, count: int = 1) -> list[Told]:
        """What came to ``path``, when there is that much."""
        deadline = time.monotonic() + WAIT_S_MAX
        with self.arrived:
            while len(found := [one for one in self.told if one.path == path]) < count:
                if not self.arrived.wait(deadline - time.monotonic()):
                    raise AssertionError(f"{path}: {len(found)} of {count} arrived")
        return found


def says(status: int, body: bytes = b"", **headers: str) -> Answer:
    """An answer with these headers; ``_`` stands for ``-``."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"content_length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@dataclass(frozen=True)
class Shown:
    """What an application shows to those who connect, and the authority that vouches for it."""

    ca_file: Path
    certificate: Path
    key: Path


def shown(directory: Path, *names: str) -> Shown:
    """A certificate for localhost, 127.0.0.1 and ``names``."""
    issuer = authority("the application's authority")
    san: list[x509.GeneralName] = [x509.DNSName(name) for name in ("localhost", *names)]
    san.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    certificate, key = certify("receiver", issuer, SERVER_AUTH, san=san).files(directory)
    ca_file = directory / "receiver-ca.pem"
    ca_file.write_text(issuer.pem)
    return Shown(ca_file, certificate, key)


@contextmanager
def receiver(directory: Path, *names: str, shows: Shown | None = None) -> Iterator[Receiver]:
    """A server whose certificate is for localhost, 127.0.0.1 and ``names``, unless it is told what it shows."""
    shows = shows or shown(directory, *names)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shows.certificate, shows.key)
    receiving: Receiver

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = WAIT_S_MAX

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            with receiving.arrived:
                receiving.told.append(Told(self.command, self.path, headers, body))
                receiving.arrived.notify_all()
            receiving.answers.get(self.path, says(204))(self)

        do_GET = do_POST

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def process_request_thread(self, request: Any, client_address: Any) -> None:
            # In the connection's own thread: a handshake that fails must not hold the others up. Some fail on purpose.
            with contextlib.suppress(OSError), request, context.wrap_socket(request, server_side=True) as secured:
                self.finish_request(secured, client_address)

    server = Server(("127.0.0.1", 0), Handler)
    receiving = Receiver(server.server_address[1], shows.ca_file)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield receiving
    finally:
        server.shutdown()
        server.server_close()
