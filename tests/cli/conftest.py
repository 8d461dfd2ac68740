"""The command line in this process, and small servers for it to talk to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer.main

from tallystick.cli.options import SECRET_VARIABLE
from tallystick.cli.program import run


class Ran(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """The one JSON value on stdout; fails on anything else there."""
        return json.loads(self.out)


Cli = Callable[..., Ran]

put_together = cache(typer.main.get_command)
"""All commands with all their options: 43 ms, which a process spends once and these tests spent 460 times."""


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cli:
    """Runs one command in an empty directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(SECRET_VARIABLE, raising=False)
    monkeypatch.setattr(typer.main, "get_command", put_together)

    def call(*arguments: object) -> Ran:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        return Ran(code, *capsys.readouterr())

    return call


class FakeServer:
    """A plain HTTP server on loopback that answers what it was told, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, Any] | Callable[[], tuple[int, Any]]] = {}
        self.asked: list[tuple[str, str, bytes, dict[str, str]]] = []
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._http.server_port}/"
        self.answers["GET /.well-known/openid-configuration"] = (
            200,
            {"issuer": self.url, "token_endpoint": self.url + "oauth/token"},
        )
        self.answers["POST /oauth/token"] = (200, {"access_token": "opaque", "token_type": "Bearer", "expires_in": 60})
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        """Stop."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                path = self.path.partition("?")[0]
                fake.asked.append((self.command, self.path, body, dict(self.headers)))
                found = fake.answers.get(f"{self.command} {path}", (404, {"message": "no such thing"}))
                status, content = found() if callable(found) else found
                encoded = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(encoded)))
                self.send_header("X-Correlation-Id", "c0ffee")
                self.end_headers()
                self.wfile.write(encoded)

            do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = answer

            def log_message(self, format: str, *args: object) -> None:
                """Stay quiet."""

        return Handler


@pytest.fixture
def fake() -> Iterator[FakeServer]:
    """A server that says what the test wants."""
    server = FakeServer()
    yield server
    server.close()


@pytest.fixture
def at_fake(fake: FakeServer, tmp_path: Path) -> list[str]:
    """Options that lead to the fake server as some application."""
    (tmp_path / "secret").write_text("hush\n")
    return ["--domain", fake.url, "--client-id", "c1", "--client-secret-file", str(tmp_path / "secret")]
