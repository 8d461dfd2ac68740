"""A real Tallystick behind a real proxy, seen as its clients see it: two hosts, TLS that the proxy ends."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.server import START_S_MAX, STOP_S_MAX, Server

from .place import HOST, MTLS_HOST, Place
from .proxies import Proxy
from .relay import Relay

LOOK_AGAIN_S = 0.02


@dataclass
class Deployment(Server):
    """What the proxy's clients meet. ``port`` and ``mtls_port`` are the proxy's, which is one port for both hosts."""

    place: Place = field(kw_only=True)
    proxy: Proxy = field(kw_only=True)
    behind: Server = field(kw_only=True)
    """Tallystick itself, past the proxy."""
    relay: Relay = field(kw_only=True)
    """Between the two."""

    @property
    def issuer(self) -> str:
        """What its tokens say they are from."""
        return f"https://{HOST}/"

    @property
    def domain(self) -> str:
        """The Host header of the ordinary host; real clients find the proxy on 443."""
        return HOST

    @property
    def ca_file(self) -> Path:
        """What its clients trust."""
        return self.place.edge_ca

    def http(
        self,
        certificate: tuple[Path, Path] | None = None,
        base: str | None = None,
        *,
        host: str | None = None,
        source: str | None = None,
    ) -> httpx.Client:
        """A client of the ordinary host, or with a certificate of the mTLS host; ``source`` is its address."""
        name = host or (MTLS_HOST if certificate is not None else HOST)
        client = httpx.Client(
            base_url=base or f"https://127.0.0.1:{self.port}/",
            headers={"Host": name},
            transport=httpx.HTTPTransport(verify=self.tls(certificate), local_address=source, trust_env=False),
            timeout=20,
            event_hooks={"request": [lambda request: request.extensions.update(sni_hostname=name)]},
        )
        self.opened.append(client)
        return client

    @property
    def log(self) -> str:
        """What proxy and server printed."""
        printed = (self.place.directory / "proxy.log").read_text()
        return f"{self.proxy.name}:\n{printed}\ntallystick:\n{self.behind.log}"

    def start_proxy(self) -> None:
        """Start it, and wait until requests come through."""
        launch = self.proxy.launch(self.place, self.relay.address)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("TALLYSTICK_")}
        with (self.place.directory / "proxy.log").open("a") as log:
            self.process = subprocess.Popen(
                launch.command,
                cwd=self.place.directory,
                env={**inherited, **launch.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        self.wait_until_ready()

    def close(self) -> None:
        """End the proxy."""
        self.hang_up()
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_S_MAX)
            except subprocess.TimeoutExpired:
                self.kill()


def new_server(place: Place, proxy: Proxy) -> Server:
    """Tallystick with the settings that belong to the proxy, starting."""
    settings = {f"TALLYSTICK_{name.upper()}": str(value) for name, value in proxy.settings(place).items()}
    server = Server(place.data, place.http_port, place.mtls_port, workers=1, environment=settings)
    return server.start(wait=False)


def wait_until_serving(server: Server, starts: int = 1) -> None:
    """Until it has said so that many times; asking it would take another way for each proxy."""
    assert server.process is not None
    deadline = time.monotonic() + START_S_MAX
    while server.log.count("Tallystick serves") < starts:
        assert server.process.poll() is None, server.log
        assert time.monotonic() < deadline, server.log
        time.sleep(LOOK_AGAIN_S)


@contextmanager
def deployed(proxy: Proxy, directory: Path) -> Iterator[Deployment]:
    """The proxy and a Tallystick of its own, both ended at the end."""
    place = Place(directory / proxy.name)
    target = proxy.target(place)
    with ExitStack() as stack:
        behind = stack.enter_context(closing(new_server(place, proxy)))
        wait_until_serving(behind)
        relay = stack.enter_context(
            closing(Relay(("127.0.0.1", 0) if isinstance(target, tuple) else place.relay_socket, target))
        )
        deployment = stack.enter_context(closing(new_deployment(place, proxy, behind, relay)))
        deployment.start_proxy()
        yield deployment


def new_deployment(place: Place, proxy: Proxy, behind: Server, relay: Relay) -> Deployment:
    """The proxy at its place in front of a server that runs; to be started."""
    parts: dict[str, Any] = {"place": place, "proxy": proxy, "behind": behind, "relay": relay}
    return Deployment(place.data, place.port, place.port, **parts)
