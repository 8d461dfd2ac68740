"""The unix socket: who may connect, what is replaced and what is not, several workers, and an orderly end."""

from __future__ import annotations

import errno
import os
import signal
import socket
import stat
import tempfile
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tallystick.errors import StartupError
from tallystick.front.listeners import open_listeners
from tallystick.front.unix_socket import PATH_BYTES_MAX, bind_unix
from tests.certificate_mill import leaf
from tests.forwarded import rfc9440

from .running import GET, TIMEOUT_S, Answer, read_all, read_answer, read_one
from .test_supervisor import KEPT, Served, gone, until


@pytest.fixture
def short() -> Iterator[Path]:
    """A directory whose name is short enough for sockets."""
    with tempfile.TemporaryDirectory(prefix="unix-") as directory:
        yield Path(directory)


def connect(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(TIMEOUT_S)
    connection.connect(str(path))
    return connection


def ask(path: Path, request: bytes = GET) -> Answer:
    with connect(path) as connection:
        connection.sendall(request)
        return read_answer(connection)


@pytest.mark.parametrize("mode", [0o600, 0o660])
def test_file_has_its_mode_whatever_the_umask_is(short: Path, mode: int) -> None:
    before = os.umask(0)
    try:
        listener = bind_unix(short / "s", mode)
    finally:
        os.umask(before)
    assert stat.S_IMODE((short / "s").stat().st_mode) == mode
    listener.remove()
    listener.socket.close()
    assert list(short.iterdir()) == []


def test_socket_that_nobody_listens_on_is_replaced(short: Path) -> None:
    dead = bind_unix(short / "s", 0o600)
    dead.socket.close()
    listener = bind_unix(short / "s", 0o600)
    connect(short / "s").close()
    # The dead one's end must not take the new one's file.
    dead.remove()
    assert (short / "s").exists()
    listener.remove()
    listener.socket.close()


def test_socket_that_somebody_listens_on_is_left_alone(short: Path) -> None:
    listener = bind_unix(short / "s", 0o600)
    with pytest.raises(StartupError, match="already listens"):
        bind_unix(short / "s", 0o600)
    connect(short / "s").close()
    listener.socket.close()


@pytest.mark.parametrize("make", [Path.touch, Path.mkdir, lambda path: path.symlink_to("elsewhere")])
def test_what_is_no_socket_is_left_alone(short: Path, make: Callable[[Path], None]) -> None:
    make(short / "s")
    with pytest.raises(StartupError, match="no socket"):
        bind_unix(short / "s", 0o600)
    assert os.path.lexists(short / "s")


def test_path_that_cannot_be_is_one_clear_line(short: Path) -> None:
    for path in (short / "missing" / "s", short / ("s" * PATH_BYTES_MAX)):
        with pytest.raises(StartupError) as refused:
            bind_unix(path, 0o600)
        assert "\n" not in str(refused.value)
        assert str(path) in str(refused.value)


def test_refused_socket_leaves_no_port_open(short: Path) -> None:
    (short / "s").touch()
    with pytest.raises(StartupError):
        open_listeners("localhost", 0, 0, unix_socket=short / "s")


@pytest.fixture
def unix(short: Path) -> Iterator[Served]:
    """Two workers that serve on a unix socket too."""
    running = Served(short, unix=True, workers=2)
    try:
        yield running.ready()
    finally:
        if running.process.poll() is None:
            running.process.terminate()
        running.process.communicate(timeout=TIMEOUT_S)


def test_every_worker_serves_and_believes_its_proxy(unix: Served, short: Path) -> None:
    der = leaf("client").certificate.public_bytes(Encoding.DER)
    request = GET.replace(b"\r\n\r\n", b"\r\n" + rfc9440((der,))[0] + b"\r\n\r\n")
    workers: set[int] = set()
    while len(workers) < 2:
        shown = ask(short / "tiny.sock", request).json
        assert (shown["listener"], shown["source"], shown["scheme"]) == ("unix", "header", "http")
        assert shown["x5t"] == [sha256(der).hexdigest()]
        workers.add(shown["pid"])
    assert unix.ask().json["listener"] == "public"


def test_stop_loses_no_request_and_leaves_no_file(unix: Served, short: Path) -> None:
    """One is being answered, one idle, one connected but not accepted yet."""
    slow, idle = connect(short / "tiny.sock"), connect(short / "tiny.sock")
    with slow, idle:
        slow.sendall(KEPT % b"slow")
        idle.sendall(KEPT % b"a")
        assert read_one(idle).status == 200
        fresh = connect(short / "tiny.sock")
        unix.process.terminate()
        until(lambda: not (short / "tiny.sock").exists())
        with fresh:
            fresh.sendall(KEPT % b"b")
            assert read_one(fresh).status == 200
        assert read_one(slow).status == 200
        assert read_all(idle) == b""
    assert unix.ended() == 0
    assert not (short / "tiny.sock").exists()


def test_next_server_takes_over_from_one_that_was_killed(unix: Served, short: Path) -> None:
    workers = {ask(short / "tiny.sock").json["pid"] for _ in range(20)}
    unix.process.send_signal(signal.SIGKILL)
    unix.process.wait(TIMEOUT_S)
    until(lambda: all(map(gone, workers)))
    until(lambda: _nobody_listens(short / "tiny.sock"))
    again = Served(short, unix=True).ready()
    assert ask(short / "tiny.sock").json["listener"] == "unix"
    again.process.terminate()
    assert again.ended() == 0
    again.process.communicate(timeout=TIMEOUT_S)


def _nobody_listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == errno.ECONNREFUSED
