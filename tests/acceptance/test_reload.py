"""SIGHUP: certificates and settings are renewed while the server answers, and nothing is lost."""

from __future__ import annotations

import asyncio
import signal
import ssl
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tallystick.front.local_ca import LocalCa, issue
from tests.acceptance.load import Load
from tests.acceptance.workers import all_workers, workers_of
from tests.administrator import Administrator
from tests.ports import free_ports
from tests.server import STOP_S_MAX, Server

RELOAD_S_MAX = 120
REQUESTS_MIN = 500


class Renewed(Server):
    """A server whose certificate comes from files that somebody else renews."""

    @property
    def ca_file(self) -> Path:
        return self.data.parent / "authority" / "ca.pem"

    def renew(self) -> int:
        """Write a certificate and its key; its serial number."""
        authority = LocalCa(self.data.parent / "authority")
        key = ec.generate_private_key(ec.SECP256R1())
        leaf = issue(authority.certificate, authority.key, key, ["localhost"], datetime.now(UTC))
        (self.data.parent / "server.pem").write_bytes(leaf.public_bytes(Encoding.PEM))
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (self.data.parent / "server.key").write_bytes(private)
        return leaf.serial_number

    def configure(self, **more: object) -> None:
        """Write the configuration file."""
        settings = {"tls_cert": "server.pem", "tls_key": "server.key", "log_level": "info", **more}
        lines = [f"{name} = {value!r}" for name, value in settings.items()]
        (self.data.parent / "tallystick.toml").write_text("\n".join(lines))

    def reload(self) -> None:
        """As `systemctl reload` does."""
        assert self.process is not None
        self.process.send_signal(signal.SIGHUP)


@pytest.fixture
def renewed(tmp_path: Path) -> Iterator[Renewed]:
    port, mtls_port = free_ports(2)
    server = Renewed(
        data=tmp_path / "data",
        port=port,
        mtls_port=mtls_port,
        arguments=("--config", str(tmp_path / "tallystick.toml")),
    )
    server.renew()
    server.configure()
    try:
        server.start()
        # It is ready with its first worker; tests count them all.
        asyncio.run(until(lambda: len(workers_of(server)) == server.workers))
        yield server
    finally:
        server.close()


async def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + RELOAD_S_MAX
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


def test_a_renewal_and_a_reload_under_load_lose_no_request(renewed: Renewed) -> None:
    application = Administrator(renewed).application()
    body = urlencode(application.form(client_id=application.client_id, client_secret=application.secret)).encode()
    load = Load(renewed.port, ssl.create_default_context(cafile=str(renewed.ca_file)), body)
    before = workers_of(renewed)

    async def reload_twice() -> float:
        stop = asyncio.Event()
        running = asyncio.create_task(load.run(stop))
        begun = time.monotonic()
        await asyncio.sleep(0.7)
        serial = renewed.renew()
        renewed.reload()
        await until(lambda: load.certificates[serial] > 20)
        assert workers_of(renewed) == before
        renewed.configure(drain_s=1)
        renewed.reload()
        await until(lambda: not workers_of(renewed) & before)
        await until(lambda: sum(load.outcomes.values()) > REQUESTS_MIN)
        lasted_s = time.monotonic() - begun
        stop.set()
        await running
        return lasted_s

    lasted_s = asyncio.run(reload_twice())
    answered = sum(load.outcomes.values())
    print(f"{answered} requests in {lasted_s:.1f} s, {load.reconnects} reconnects: {dict(load.outcomes)}")
    assert set(load.outcomes) == {"200"}
    assert not all_workers(renewed) & before
    assert "reloaded: certificates" in renewed.log


def test_what_cannot_be_reloaded_leaves_everything_as_it_is(renewed: Renewed, tmp_path: Path) -> None:
    before = workers_of(renewed)
    key = (tmp_path / "server.key").read_bytes()

    def renew_half() -> None:
        renewed.configure()
        renewed.renew()
        (tmp_path / "server.key").write_bytes(key)

    def ask_for_a_port_in_use() -> None:
        renewed.renew()
        renewed.configure(metrics_port=renewed.port)

    def refused_for(words: str) -> Callable[[], bool]:
        return lambda: any("stays as it is: " in line and words in line for line in renewed.log.splitlines())

    for words, spoil in {
        "unknown key: colour": lambda: renewed.configure(colour="blue"),
        "log_level must be": lambda: renewed.configure(log_level="loud"),
        "does not belong": renew_half,
        "cannot listen": ask_for_a_port_in_use,
    }.items():
        spoil()
        renewed.reload()
        asyncio.run(until(refused_for(words)))
        assert workers_of(renewed) == before
        with renewed.http() as http:
            assert http.get("readyz").status_code == 200


def test_a_setting_that_needs_a_restart_is_named(renewed: Renewed) -> None:
    before = workers_of(renewed)
    renewed.configure(issuer="https://elsewhere.example/")
    renewed.reload()
    asyncio.run(until(lambda: "changed, but needs a restart: issuer" in renewed.log))
    assert workers_of(renewed) == before
    with renewed.http() as http:
        assert http.get(".well-known/openid-configuration").json()["issuer"] == renewed.issuer


def test_a_stop_is_announced_before_it_begins(renewed: Renewed) -> None:
    renewed.configure(drain_s=4)
    before = workers_of(renewed)
    renewed.reload()
    asyncio.run(until(lambda: not workers_of(renewed) & before))
    assert renewed.process is not None
    with renewed.http() as http:
        assert http.get("readyz").status_code == 200
        renewed.process.send_signal(signal.SIGTERM)
        asyncio.run(until(lambda: http.get("readyz").status_code == 503))
        assert http.get("readyz").json() == {"status": "unavailable", "failing": "stopping"}
    with renewed.http() as fresh:
        assert fresh.get("healthz").status_code == 200
    assert renewed.process.wait(STOP_S_MAX) == 0
