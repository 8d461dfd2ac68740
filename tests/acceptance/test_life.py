"""Start, stop, death: nothing acknowledged is lost, and what cannot start says why in one line."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from tests.acceptance.workers import all_workers, workers_of
from tests.administrator import Administrator, unique
from tests.application import Application
from tests.patience import HANGING_S
from tests.ports import free_ports
from tests.postgres import cluster
from tests.server import Server, running_server


def test_kill_loses_nothing_that_was_acknowledged(own: Server) -> None:
    admin = Administrator(own)
    created: list[str] = []
    enough = threading.Event()

    def create() -> None:
        while True:
            try:
                answer = admin.call("POST", "clients", {"name": unique("killed")})
            except httpx.HTTPError:
                return
            if answer.status_code == 201:
                created.append(answer.json()["client_id"])
                if len(created) >= 25:
                    enough.set()

    creating = threading.Thread(target=create)
    creating.start()
    assert enough.wait(HANGING_S)
    own.kill()
    creating.join(HANGING_S)
    own.start()
    admin = Administrator(own)
    for client_id in created:
        assert admin.call("GET", f"clients/{client_id}").status_code == 200, client_id


def test_a_second_start_keeps_everything(own: Server) -> None:
    admin = Administrator(own)
    application = admin.application()
    written = (own.data / "bootstrap.json").read_bytes()
    authority = own.ca_file.read_bytes()
    own.hang_up()
    assert own.stop() == 0
    own.start()
    assert (own.data / "bootstrap.json").read_bytes() == written
    assert own.ca_file.read_bytes() == authority
    # The old token is still one of ours, and the application still gets in.
    with own.http() as http:
        headers = {"Authorization": f"Bearer {admin.token}"}
        assert http.get("api/v2/clients", headers=headers).status_code == 200
    application.http = own.http()
    assert application.by_secret().status_code == 200


def test_stop_answers_what_was_accepted(own: Server) -> None:
    application = Administrator(own).application()
    outcomes: list[int] = []
    begun = threading.Event()

    def ask() -> None:
        # A connection per request: a refused connection is no accepted request.
        form = application.form(client_id=application.client_id, client_secret=application.secret)
        with own.http() as http:
            try:
                while True:
                    outcomes.append(http.post("oauth/token", data=form).status_code)
                    begun.set()
            except httpx.ConnectError:
                return

    asking = [threading.Thread(target=ask) for _ in range(4)]
    for thread in asking:
        thread.start()
    assert begun.wait(HANGING_S)
    time.sleep(0.2)
    assert own.stop() == 0
    for thread in asking:
        thread.join(HANGING_S)
    assert set(outcomes) == {200}


def test_a_worker_that_dies_is_replaced(own: Server) -> None:
    before = all_workers(own)
    os.kill(min(before), signal.SIGKILL)
    deadline = time.monotonic() + HANGING_S
    while time.monotonic() < deadline:
        now = workers_of(own)
        if len(now) == len(before) and now != before:
            break
        time.sleep(0.05)
    # Not read again: the kernel's list of children may miss one while another comes or goes.
    assert len(now) == len(before)
    assert now != before
    with own.http() as http:
        assert http.get("readyz").status_code == 200


def test_workers_end_with_their_supervisor(own: Server) -> None:
    assert own.process is not None
    workers = all_workers(own)
    own.process.kill()
    own.process.wait(HANGING_S)
    deadline = time.monotonic() + HANGING_S
    while time.monotonic() < deadline and any(Path(f"/proc/{worker}").exists() for worker in workers):
        time.sleep(0.05)
    assert not any(Path(f"/proc/{worker}").exists() for worker in workers)


def failing(*arguments: object, **environment: str) -> str:
    """What a start that must fail says: one line, and exit status 1."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TALLYSTICK_")}
    done = subprocess.run(
        [sys.executable, "-m", "tallystick", "serve", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**clean, **environment},
        check=False,
    )
    assert done.returncode == 1, done
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    return lines[0]


def test_a_start_that_cannot_be_says_why_in_one_line(tmp_path: Path) -> None:
    port, mtls_port = free_ports(2)
    ports = ("--port", port, "--mtls-port", mtls_port)
    data = ("--data", tmp_path / "data")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert str(taken.getsockname()[1]) in failing(*data, "--port", taken.getsockname()[1], "--mtls-port", mtls_port)
    assert "issuer" in failing(*data, *ports, "--issuer", "ftp://example.com")
    assert "TALLYSTICK_COLOUR" in failing(*data, *ports, TALLYSTICK_COLOUR="blue")
    assert "database" in failing(*data, *ports, "--database", "mysql://localhost/x")
    (tmp_path / "file").write_text("")
    assert "data" in failing("--data", tmp_path / "file" / "data", *ports)


def test_another_master_key_stops_the_start(tmp_path: Path) -> None:
    with running_server(tmp_path, workers=1) as running:
        running.stop()
        arguments = ("--data", running.data, "--port", running.port, "--mtls-port", running.mtls_port)
        assert "master key" in failing(*arguments, TALLYSTICK_MASTER_KEY="A" * 43)
        (running.data / "master.key").unlink()
        assert "master" in failing(*arguments)


def test_two_first_starts_on_one_database_make_one_deployment(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    key = "k" * 43
    os_key = {"TALLYSTICK_MASTER_KEY": key}
    with cluster() as postgres:
        url = postgres.create_database()
        ports = free_ports(2)
        servers = [
            Server(data=tmp_path / name, port=ports[0], mtls_port=ports[1], database=url, workers=1, environment=os_key)
            for name in ("one", "two")
        ]
        # The same addresses, as nodes behind one name have; each binds a loopback address of its own.
        servers[0].arguments, servers[1].arguments = ("--host", "127.0.0.1"), ("--host", "127.0.0.2")
        try:
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(lambda each: each.start(wait=False), servers))
            servers[0].wait_until_ready()
            _wait_for_tls(("127.0.0.2", ports[0]))
            written = [each for each in servers if (each.data / "bootstrap.json").exists()]
            assert len(written) == 1
            # Whoever wrote it, it holds for both.
            servers[0].bootstrap = written[0].bootstrap
            assert len(Administrator(servers[0]).ask("GET", "keys/signing")) == 8
        finally:
            for each in servers:
                each.close()


def _wait_for_tls(address: tuple[str, int]) -> None:
    deadline = time.monotonic() + HANGING_S
    while time.monotonic() < deadline:
        try:
            socket.create_connection(address, HANGING_S).close()
            return
        except OSError:
            time.sleep(0.05)
    pytest.fail(f"nobody listens on {address}")


def test_a_start_on_another_port_moves_the_issuer(tmp_path: Path) -> None:
    with running_server(tmp_path, workers=1) as running:
        application: Application = Administrator(running).application()
        running.hang_up()
        running.stop()
        moved = Server(data=running.data, port=free_ports(1)[0], mtls_port=running.mtls_port, workers=1)
        try:
            moved.start()
            assert moved.bootstrap["issuer"] == moved.issuer
            assert moved.bootstrap["management"]["audience"] == f"{moved.issuer}api/v2/"
            assert Administrator(moved).ask("GET", f"clients/{application.client_id}")
        finally:
            moved.close()
