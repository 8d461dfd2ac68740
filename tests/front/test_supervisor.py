"""Worker processes: they start, are replaced, stop without losing a request, and never outlive their parent."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import signal
import socket
import ssl
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from .running import GET, Answer, read_answer, read_one

TIMEOUT_S = 30.0
KEPT = b"GET /%s HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Served:
    """A supervisor in a process of its own."""

    def __init__(self, directory: Path, **options: Any) -> None:
        self.directory = directory
        arguments = json.dumps({"directory": str(directory), **options})
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.front.serve_tiny", arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self.ports = self.line()

    def line(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        said: dict[str, Any] = json.loads(self.process.stdout.readline() or b"{}")
        return said

    def ready(self) -> Served:
        assert self.line() == {"ready": True}
        return self

    def connect(self, listener: str = "port", server_name: str = "localhost") -> ssl.SSLSocket:
        context = ssl.create_default_context(cafile=str(self.directory / "tls" / "ca.pem"))
        raw = socket.create_connection(("127.0.0.1", self.ports[listener]), TIMEOUT_S)
        return context.wrap_socket(raw, server_hostname=server_name)

    def ask(self, request: bytes = GET, listener: str = "port") -> Answer:
        with self.connect(listener) as connection:
            connection.sendall(request)
            return read_answer(connection)

    def ended(self) -> int:
        return self.process.wait(TIMEOUT_S)


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that another process does."""
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def gone(process_id: int) -> bool:
    """The process has ended, be it that nobody has collected it yet."""
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    running: list[Served] = []

    def start(**options: Any) -> Served:
        running.append(Served(tmp_path, **options))
        return running[-1]

    yield start
    for one in running:
        if one.process.poll() is None:
            one.process.terminate()
        one.process.communicate(timeout=TIMEOUT_S)


def test_workers_serve_both_listeners_in_their_parents_group(served: Callable[..., Served]) -> None:
    server = served(workers=2).ready()
    for listener in ("port", "mtls_port"):
        shown = server.ask(listener=listener).json
        assert shown["parent"] == server.process.pid
        assert shown["group"] == os.getpgid(server.process.pid)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stop_loses_no_accepted_request(served: Callable[..., Served], tmp_path: Path, number: int) -> None:
    closed = tmp_path / "closed"
    server = served(settings={"closed": str(closed)}).ready()
    with server.connect() as busy, server.connect() as idle, server.connect("mtls_port") as fresh:
        idle.sendall(KEPT % b"a")
        assert "connection" not in read_one(idle).headers
        busy.sendall(KEPT % b"slow")
        # The request is with the application once another one on its worker has been answered.
        assert server.ask().status == 200
        queued = socket.create_connection(("127.0.0.1", server.ports["port"]), TIMEOUT_S)
        server.process.send_signal(number)
        idle.sendall(KEPT % b"b")
        fresh.sendall(KEPT % b"c")
        context = ssl.create_default_context(cafile=str(tmp_path / "tls" / "ca.pem"))
        late = context.wrap_socket(queued, server_hostname="localhost")
        late.sendall(KEPT % b"d")
        answers = [read_one(connection) for connection in (busy, fresh, late)]
        assert read_one(idle).status == 200
    late.close()
    assert [(answer.status, answer.json["path"]) for answer in answers] == [(200, "/slow"), (200, "/c"), (200, "/d")]
    assert answers[0].headers["connection"] == "close"
    assert server.ended() == 0
    assert len(closed.read_text().split()) == 1


def test_dead_worker_is_replaced(served: Callable[..., Served]) -> None:
    server = served().ready()
    first = server.ask().json["pid"]
    os.kill(first, signal.SIGKILL)
    assert server.ask().json["pid"] != first


def test_workers_end_when_their_parent_is_killed(served: Callable[..., Served]) -> None:
    server = served(workers=2).ready()
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    assert len(children) == 2
    server.process.kill()
    until(lambda: all(gone(int(child)) for child in children))


def test_startup_error_ends_serve_with_its_one_line(served: Callable[..., Served]) -> None:
    server = served(workers=2, settings={"fail": "the database is elsewhere"})
    assert server.line() == {"error": "the database is elsewhere"}
    assert server.ended() == 1


def test_defect_at_start_is_told_without_its_details(served: Callable[..., Served]) -> None:
    server = served(factory="tests.front.tiny:crash")
    assert server.line() == {"error": "the application could not be opened: RuntimeError"}
    assert server.ended() == 1


def test_broken_tls_files_end_serve(served: Callable[..., Served], tmp_path: Path) -> None:
    """attacks.md 25."""
    (tmp_path / "tls").mkdir()
    (tmp_path / "tls" / "ca.pem").write_text("garbage")
    server = served()
    assert "ca.pem" in server.line()["error"]
    assert server.ended() == 1


def test_new_host_gets_its_certificate_while_running(served: Callable[..., Served], tmp_path: Path) -> None:
    hosts = tmp_path / "hosts"
    server = served(settings={"hosts": str(hosts)}).ready()
    hosts.write_text("New.example\n")

    def trusted() -> bool:
        try:
            server.connect(server_name="new.example").close()
        except ssl.SSLCertVerificationError:
            return False
        return True

    assert not trusted()
    until(trusted)


def test_metrics_of_all_workers_on_a_port_of_their_own(served: Callable[..., Served]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = served(workers=2, metrics_port=port, settings={"metrics": True}).ready()
    directory = server.ask().json["settings"]
    for path, expected in ((b"metrics", b"tiny_opened_total 2.0"), (b"other", b"404")):
        with socket.create_connection(("127.0.0.1", port), TIMEOUT_S) as connection:
            connection.sendall(b"GET /%s HTTP/1.0\r\n\r\n" % path)
            assert expected in b"".join(iter(lambda: connection.recv(65536), b""))
    server.process.terminate()
    assert server.ended() == 0
    assert not Path(directory).exists()


def on_a_terminal() -> None:
    # These tests may run under nohup themselves, which is inherited.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@contextmanager
def hung_up(tmp_path: Path, *before: str) -> Iterator[subprocess.Popen[bytes]]:
    """A server on a terminal that goes away once it serves."""
    here, there = pty.openpty()
    arguments = json.dumps({"directory": str(tmp_path)})
    with subprocess.Popen(
        [*before, sys.executable, "-m", "tests.front.serve_tiny", arguments],
        stdin=there,
        stdout=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=on_a_terminal,
    ) as process:
        os.close(there)
        try:
            assert process.stdout is not None
            assert b"port" in process.stdout.readline()
            assert b"ready" in process.stdout.readline()
            os.close(here)
            yield process
        finally:
            process.kill()


def test_a_terminal_that_goes_away_ends_what_was_started_in_it(tmp_path: Path) -> None:
    with hung_up(tmp_path) as process:
        assert process.wait(TIMEOUT_S) == 0


def test_nohup_outlives_the_terminal(tmp_path: Path) -> None:
    with hung_up(tmp_path, "nohup") as process:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        process.terminate()
        assert process.wait(TIMEOUT_S) == 0
