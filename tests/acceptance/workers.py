"""Which worker answers: read from the kernel's table of connections, so that "in every worker" can be tested."""

from __future__ import annotations

import os
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

import httpx

from tests.patience import HANGING_S, LOOK_AGAIN_S, Patience
from tests.server import Server

ATTEMPTS_MAX = 2000
LOOKS_MIN = 12
"""Each asks every worker, which takes some 40 ms of a machine that has nothing else to do."""

Ask = Callable[[httpx.Client], httpx.Response]
"""A request over the connection it is given."""


def workers_of(server: Server) -> set[int]:
    """The process ids of the workers."""
    assert server.process is not None
    supervisor = server.process.pid
    return set(map(int, Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()))


def all_workers(server: Server) -> set[int]:
    """The same once all are there: a server is ready with its first, and replaces one that died."""
    deadline = time.monotonic() + HANGING_S
    while len(found := workers_of(server)) != server.workers:
        assert time.monotonic() < deadline, found
        time.sleep(LOOK_AGAIN_S)
    return found


def worker_behind(server: Server, client_port: int, server_port: int) -> int:
    """The worker that holds the server's end of an open connection on this machine."""
    wanted = f"socket:[{_inode(client_port, server_port)}]"
    for worker in workers_of(server):
        for descriptor in Path(f"/proc/{worker}/fd").iterdir():
            # Descriptors come and go while we look.
            with suppress(OSError):
                if os.readlink(descriptor) == wanted:
                    return worker
    raise AssertionError(f"no worker holds {wanted}")


def _inode(client_port: int, server_port: int) -> str:
    for table in ("tcp", "tcp6"):
        for row in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            columns = row.split()
            local, remote = (int(columns[at].rpartition(":")[2], 16) for at in (1, 2))
            if (local, remote) == (server_port, client_port):
                return columns[9]
    raise AssertionError("no such connection")


def asked_fresh(server: Server, ask: Ask) -> tuple[int, httpx.Response]:
    """The worker that answered over a connection of its own, and its answer."""
    with httpx.Client(base_url=server.issuer, verify=_context(server.ca_file), timeout=20, trust_env=False) as http:
        answer = ask(http)
        client_port = answer.extensions["network_stream"].get_extra_info("client_addr")[1]
        return worker_behind(server, client_port, server.port), answer


def asked_every_worker(server: Server, ask: Ask) -> list[httpx.Response]:
    """Fresh connections until every worker has answered; every answer there was."""
    missing, answers = all_workers(server), []
    for _ in range(ATTEMPTS_MAX):
        worker, answer = asked_fresh(server, ask)
        answers.append(answer)
        missing.discard(worker)
        if not missing:
            return answers
    raise AssertionError(f"workers {missing} were never met in {ATTEMPTS_MAX} connections")


def holds_everywhere(server: Server, ask: Ask, expected: Callable[[httpx.Response], bool]) -> None:
    """From 500 ms after now on at the latest, every answer of every worker is as expected."""
    patience = Patience(LOOKS_MIN)
    while patience.is_left():
        if all(map(expected, asked_every_worker(server, ask))):
            return
        time.sleep(LOOK_AGAIN_S)
    for answer in asked_every_worker(server, ask):
        assert expected(answer), (answer.status_code, answer.text)


def status(wanted: int) -> Callable[[httpx.Response], bool]:
    """Answers with this status."""
    return lambda answer: answer.status_code == wanted


@cache
def _context(ca_file: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(ca_file))
