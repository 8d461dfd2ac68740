"""Listening sockets: where, on which port, and when not at all."""

from __future__ import annotations

import socket

import pytest

from tallystick.errors import StartupError
from tallystick.front.listeners import bind, close, open_listeners, refuse_new


def test_localhost_is_both_loopback_addresses_on_one_free_port() -> None:
    listeners = open_listeners("localhost", 0, 0)
    try:
        assert {listener.getsockname()[0] for listener in listeners.public} == {"127.0.0.1", "::1"}
        assert len({listener.getsockname()[1] for listener in listeners.public}) == 1
        assert listeners.port != listeners.mtls_port
    finally:
        close(listeners.all())


def test_port_in_use_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StartupError, match=f"cannot listen on 127.0.0.1 port {port}: "):
            bind("127.0.0.1", port)


def test_unknown_host_is_one_clear_line() -> None:
    with pytest.raises(StartupError, match=r"no\.such\.invalid"):
        bind("no.such.invalid", 0)


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_plain_http_stays_on_loopback(host: str) -> None:
    with pytest.raises(StartupError, match="plain HTTP"):
        open_listeners(host, 0, 0, insecure_http=True)


def test_plain_http_behind_a_proxy_may_leave() -> None:
    listeners = open_listeners("0.0.0.0", 0, 0, insecure_http=True, behind_proxy=True)
    close(listeners.all())
    assert listeners.mtls == []


def test_queued_connections_are_accepted_after_new_ones_are_refused() -> None:
    listeners = bind("127.0.0.1", 0)
    address = listeners[0].getsockname()
    with socket.create_connection(address, 10) as queued:
        refuse_new(listeners)
        with socket.socket() as late:
            late.settimeout(0.3)
            with pytest.raises(TimeoutError):
                late.connect(address)
        accepted, _ = listeners[0].accept()
        with accepted:
            queued.sendall(b"a")
            accepted.setblocking(True)
            assert accepted.recv(1) == b"a"
    close(listeners)
