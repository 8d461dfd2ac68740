"""Two nodes on one PostgreSQL behind HAProxy, as on three machines: each with an address of its own."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, ClassVar

import httpx
from cryptography import x509

from tests.certificate_mill import NO_CA, SERVER_AUTH, authority, certify
from tests.forge import b64
from tests.postgres import cluster
from tests.server import Server

from .deployment import Deployment, new_deployment, wait_until_serving
from .place import FILES, HOST, Address, Place
from .proxies import HAProxy
from .relay import Relay

ADDRESSES = ("127.0.0.1", "127.0.0.2")
"""So that both can listen on the same ports, from which their hosts follow."""
NAME = "tallystick.internal"


def taken_in() -> dict[str, str]:
    """The file's changes for several nodes: its commented-out lines instead of the one for the Unix socket."""
    lines = (FILES / HAProxy.file).read_text().splitlines()
    commented = [line for line in lines if line.startswith("    #") and not line.startswith("    # ")]
    away = {line: "" for line in lines if line.startswith("    server ")}
    return {**away, **{line: line.replace("#", "", 1) for line in commented}}


class HAProxyOfNodes(HAProxy):
    """HAProxy in front of both."""

    changes: ClassVar = taken_in()

    def settings(self, place: Place) -> dict[str, Any]:
        told = {name: value for name, value in super().settings(place).items() if not name.startswith("unix_")}
        return {
            **told,
            "proxy_certificate": place.write("proxy-certificate.pem", place.proxy.pem),
            "tls_cert": place.directory / "node.pem",
            "tls_key": place.directory / "node.key",
        }

    def values(self, place: Place, upstream: Address) -> dict[str, str]:
        # On the node's side this is its proxy_certificate.
        place.write("tls/edge.pem", place.proxy.pem + place.proxy.key_pem)
        assert isinstance(upstream, tuple)
        found = {1: upstream, 2: (ADDRESSES[1], place.mtls_port)}
        return {f"node-{number}.{NAME}:8444": f"{host}:{port}" for number, (host, port) in found.items()}


class Nodes:
    """Both, and the proxy before them."""

    def __init__(self, deployment: Deployment, nodes: list[Server], authority_file: Path) -> None:
        self.deployment = deployment
        self.nodes = nodes
        self._authority_file = authority_file
        self._starts = [1] * len(nodes)

    def past_the_proxy(self, number: int) -> httpx.Client:
        """A client of one node's own port."""
        tls = self.deployment.tls()
        tls.load_verify_locations(self._authority_file)
        return httpx.Client(
            base_url=f"https://{ADDRESSES[number]}:{self.nodes[number].port}/",
            headers={"Host": HOST},
            verify=tls,
            trust_env=False,
            timeout=20,
            event_hooks={"request": [lambda request: request.extensions.update(sni_hostname=NAME)]},
        )

    def restart(self, number: int) -> None:
        """As for an upgrade."""
        node, starts = self.nodes[number], self._starts[number] + 1
        assert node.stop() == 0
        node.start(wait=False)
        wait_until_serving(node, starts)
        self._starts[number] = starts


@contextmanager
def running_nodes(directory: Path) -> Iterator[Nodes]:
    """Everything started, and ended at the end."""
    proxy, place = HAProxyOfNodes(), Place(directory / "nodes")
    internal = authority("CN=internal")
    certificate = certify(f"CN={NAME}", internal, NO_CA, SERVER_AUTH, san=[x509.DNSName(NAME)])
    authority_file = place.write("tls/nodes.pem", internal.pem)
    place.write("node.pem", certificate.pem)
    place.write("node.key", certificate.key_pem)
    with ExitStack() as stack:
        database = stack.enter_context(cluster()).create_database()
        settings = {**proxy.settings(place), "master_key": b64(secrets.token_bytes(32)), "database": database}
        nodes = [stack.enter_context(closing(new_node(place, number, settings))) for number in range(len(ADDRESSES))]
        relay = stack.enter_context(closing(Relay(("127.0.0.1", 0), (ADDRESSES[0], place.mtls_port))))
        deployment = stack.enter_context(closing(new_deployment(place, proxy, nodes[0], relay)))
        deployment.database = database
        deployment.start_proxy()
        yield Nodes(deployment, nodes, authority_file)


def new_node(place: Place, number: int, settings: dict[str, Any]) -> Server:
    """One node, serving."""
    environment = {f"TALLYSTICK_{name.upper()}": str(value) for name, value in settings.items()}
    environment["TALLYSTICK_HOST"] = ADDRESSES[number]
    data = place.data if number == 0 else place.directory / f"data-{number}"
    node = Server(data, place.http_port, place.mtls_port, workers=1, environment=environment)
    node.start(wait=False)
    wait_until_serving(node)
    return node
