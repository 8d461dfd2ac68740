"""A real server for the tests: `tallystick serve` as a process of its own, over TLS, on either database."""

from __future__ import annotations

import os
import signal
import ssl
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import msgspec

from tests.ports import free_ports
from tests.started import copy_to

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

START_S_MAX = 60
STOP_S_MAX = 40
KEPT_ELSEWHERE = frozenset({"TALLYSTICK_DATABASE", "TALLYSTICK_MASTER_KEY"})
"""Variables with which a copied data directory would be incomplete."""


@dataclass
class Server:
    """One running deployment."""

    data: Path
    port: int
    mtls_port: int
    database: str | None = None
    workers: int = 2
    first_start: bool = False
    """Whether it makes its keys itself, as a server does; else it begins with a copy, on SQLite."""
    arguments: Sequence[str] = ()
    environment: dict[str, str] = field(default_factory=dict, repr=False)
    process: subprocess.Popen[str] | None = field(default=None, repr=False)
    opened: list[httpx.Client] = field(default_factory=list, repr=False)

    @property
    def issuer(self) -> str:
        """What its tokens say they are from."""
        return f"https://localhost:{self.port}/"

    @property
    def domain(self) -> str:
        """What Auth0's SDKs call the domain."""
        return f"localhost:{self.port}"

    @property
    def mtls_url(self) -> str:
        """The listener that asks for a client certificate."""
        return f"https://localhost:{self.mtls_port}/"

    @property
    def ca_file(self) -> Path:
        """What its clients trust."""
        return self.data / "tls" / "ca.pem"

    @cached_property
    def bootstrap(self) -> dict[str, Any]:
        """What the first start wrote."""
        return msgspec.json.decode((self.data / "bootstrap.json").read_bytes(), type=dict[str, Any])

    @property
    def database_url(self) -> str:
        """Where its database is."""
        return self.database or f"sqlite:///{self.data / 'tallystick.db'}"

    def tls(self, certificate: tuple[Path, Path] | None = None) -> ssl.SSLContext:
        """A client's side of TLS, with a certificate file and its key file when it shows one."""
        context = ssl.create_default_context(cafile=str(self.ca_file))
        if certificate is not None:
            context.load_cert_chain(*map(str, certificate))
        return context

    def http(self, certificate: tuple[Path, Path] | None = None, base: str | None = None) -> httpx.Client:
        """A client with connections of its own; closed with the server, if not before."""
        base_url = base or (self.mtls_url if certificate is not None else self.issuer)
        client = httpx.Client(base_url=base_url, verify=self.tls(certificate), timeout=20, trust_env=False)
        self.opened.append(client)
        return client

    def start(self, *, wait: bool = True) -> Server:
        """Start, and wait until it is ready unless told otherwise."""
        if not (self.first_start or self.database or self.data.exists() or KEPT_ELSEWHERE & self.environment.keys()):
            copy_to(self.data)
        command = [sys.executable, "-m", "tallystick", "serve", "--data", str(self.data)]
        command += ["--port", str(self.port), "--mtls-port", str(self.mtls_port), "--workers", str(self.workers)]
        command += ["--database", self.database] if self.database else []
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("TALLYSTICK_")}
        environment = {**inherited, **self.environment}
        with (self.data.parent / f"{self.data.name}.log").open("a") as log:
            self.process = subprocess.Popen(
                [*command, *self.arguments], stdout=log, stderr=log, text=True, env=environment, start_new_session=True
            )
        if wait:
            self.wait_until_ready()
        return self

    @property
    def log(self) -> str:
        """What it printed."""
        return (self.data.parent / f"{self.data.name}.log").read_text()

    def wait_until_ready(self) -> None:
        """Until `/readyz` says so."""
        assert self.process is not None
        deadline = time.monotonic() + START_S_MAX
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"serve ended with {self.process.returncode}:\n{self.log}")
            try:
                with self.http() as client:
                    if client.get("readyz").status_code == 200:
                        return
            except (OSError, httpx.HTTPError):
                pass
            time.sleep(0.05)
        raise AssertionError(f"not ready after {START_S_MAX} s:\n{self.log}")

    def hang_up(self) -> None:
        """Close what was opened: a stop waits five seconds for idle clients that do not answer its goodbye."""
        for client in self.opened:
            client.close()
        self.opened.clear()

    def stop(self) -> int:
        """End it as an operator would; its exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_S_MAX)

    def close(self) -> None:
        """Close what was opened and end what still runs."""
        self.hang_up()
        if self.process is not None and self.process.poll() is None:
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """End supervisor and workers at once, as a power cut would."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(STOP_S_MAX)


@contextmanager
def running_server(directory: Path, database: str | None = None, **options: Any) -> Iterator[Server]:
    """A server on fresh ports and a fresh data directory, ended at the end."""
    port, mtls_port = free_ports(2)
    server = Server(data=directory / "data", port=port, mtls_port=mtls_port, database=database, **options)
    try:
        yield server.start()
    finally:
        server.close()
