"""A second tenant on the same server, made as an operator makes one, and reached under its own host."""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx

from tests.administrator import unique
from tests.server import Server

CERTIFICATE_S_MAX = 60.0


@dataclass
class Neighbour(Server):
    """The server as the other tenant's applications see it. Its name need not resolve: SNI and Host say it."""

    host: str = ""
    made: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def issuer(self) -> str:
        """What its tokens say they are from."""
        return str(self.made["issuer"])

    @property
    def domain(self) -> str:
        """Its Host header."""
        return f"{self.host}:{self.port}"

    @cached_property
    def bootstrap(self) -> dict[str, Any]:
        """What making it told."""
        return self.made

    def http(self, certificate: tuple[Path, Path] | None = None, base: str | None = None) -> httpx.Client:
        """A client that finds the server by address, and checks that the certificate is for the tenant's host."""
        port = self.mtls_port if certificate is not None else self.port
        client = httpx.Client(
            base_url=base or f"https://127.0.0.1:{port}/",
            headers={"Host": f"{self.host}:{port}"},
            verify=self.tls(certificate),
            timeout=20,
            trust_env=False,
            event_hooks={"request": [lambda request: request.extensions.update(sni_hostname=self.host)]},
        )
        self.opened.append(client)
        return client


def new_neighbour(server: Server) -> Neighbour:
    """Another tenant of the running server. Its closing is its maker's."""
    host = f"{unique('neighbour')}.test"
    command = [sys.executable, "-m", "tallystick", "tenants", "create", host.split(".")[0], "--host", host, "--json"]
    command += ["--data", str(server.data), *(["--database", server.database] if server.database else [])]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TALLYSTICK_")}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    neighbour = Neighbour(
        data=server.data,
        port=server.port,
        mtls_port=server.mtls_port,
        database=server.database,
        opened=server.opened,
        host=host,
        made=json.loads(done.stdout),
    )
    _wait_for_its_certificate(neighbour)
    return neighbour


def _wait_for_its_certificate(neighbour: Neighbour) -> None:
    """Until every worker has made and shows it: by chance alone one would be met in each of so many attempts."""
    deadline, in_a_row = time.monotonic() + CERTIFICATE_S_MAX, 0
    context = neighbour.tls()
    while in_a_row < 12:
        try:
            with (
                socket.create_connection(("127.0.0.1", neighbour.port), CERTIFICATE_S_MAX) as raw,
                context.wrap_socket(raw, server_hostname=neighbour.host),
            ):
                in_a_row += 1
        except ssl.SSLCertVerificationError:
            assert time.monotonic() < deadline, "the new host gets no certificate"
            in_a_row = 0
            time.sleep(0.05)
