"""A stopping server, seen from its open connections."""

from __future__ import annotations

from pathlib import Path

import pytest
import uvloop

from .running import Front, read_all, read_one
from .test_supervisor import KEPT, until


@pytest.mark.parametrize("tls", [True, False])
def test_requests_on_open_connections_are_answered_while_stopping(tmp_path: Path, tls: bool) -> None:
    """Idle, fresh and half-sent: each gets its answer, is told that the connection ends, and sees it end."""
    with (
        Front(tmp_path, uvloop.new_event_loop, tls=tls) as front,
        front.connect() as idle,
        front.connect() as fresh,
        front.connect() as half,
    ):
        idle.sendall(KEPT % b"a")
        assert read_one(idle).status == 200
        half.sendall((KEPT % b"c")[:20])
        front.stop()
        until(lambda: front.servers[0].server_state.draining)
        idle.sendall(KEPT % b"b")
        fresh.sendall(KEPT % b"b")
        half.sendall((KEPT % b"c")[20:])
        for connection in (idle, fresh, half):
            answer = read_one(connection)
            assert (answer.status, answer.headers["connection"]) == (200, "close")
            assert read_all(connection) == b""


def test_idle_connections_do_not_hold_up_the_stop(tmp_path: Path) -> None:
    with Front(tmp_path, uvloop.new_event_loop) as front, front.connect() as idle:
        idle.sendall(KEPT % b"a")
        assert read_one(idle).status == 200
        front.stop()
        assert read_all(idle) == b""
