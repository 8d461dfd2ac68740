"""The four proxies of `deploy/`: Tallystick's settings behind each, and how the file there is run on this machine."""

from __future__ import annotations

import getpass
import grp
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from .place import FILES, Address, Place, filled, settings_told


@dataclass(frozen=True)
class Launch:
    """A command and what its environment has beside the usual."""

    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)


def program(name: str) -> str:
    """Its path. Debian keeps servers in /usr/sbin, which is not in everybody's PATH."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    assert found, f"{name} is missing; `make test` installs it"
    return found


class Proxy:
    """One of them."""

    name: ClassVar[str]
    file: ClassVar[str]
    """Its configuration in `deploy/`, which also says what Tallystick's has to be."""
    takes_expired = True
    """Whether it lets a client certificate through that has ended."""
    hands_on_chain = False
    """Whether Tallystick also gets what the client shows beside its own certificate."""
    changes: ClassVar[Mapping[str, str]] = {}
    """What is replaced in its file to make another configuration of it, as `misset` and `nodes` do."""

    def settings(self, place: Place) -> dict[str, Any]:
        """Tallystick's side: settings by name, as the file tells them. Ports are the server's own business."""
        told = settings_told(self.file)
        return {name: value for name, value in told.items() if name not in ("port", "mtls_port")}

    def target(self, place: Place) -> Address:
        """Where Tallystick expects the proxy."""
        return ("127.0.0.1", place.http_port)

    def configuration(self, place: Place, values: Mapping[str, Any] | None = None) -> Path:
        """The file to run: as it stands in `deploy/` when nothing in it has to be filled in."""
        if not values and not self.changes:
            return FILES / self.file
        return place.write(Path(self.file).name, filled(self.file, {**self.changes, **(values or {})}))

    def launch(self, place: Place, upstream: Address) -> Launch:
        """How to run it so that it forwards to ``upstream``."""
        raise NotImplementedError


class HAProxy(Proxy):
    """Proves itself by who may open the Unix socket."""

    name, file = "haproxy", "haproxy/haproxy.cfg"

    def settings(self, place: Place) -> dict[str, Any]:
        return {**super().settings(place), "unix_socket": str(place.socket)}

    def target(self, place: Place) -> Address:
        return place.socket

    def launch(self, place: Place, upstream: Address) -> Launch:
        environment = {
            "EDGE_BIND": f"127.0.0.1:{place.port}",
            "EDGE_TLS": str(place.tls),
            "EDGE_HOSTS": str(FILES / "haproxy" / "certificates.list"),
            "EDGE_SOCKET": str(upstream),
            "EDGE_USER": getpass.getuser(),
            "EDGE_GROUP": grp.getgrgid(os.getegid()).gr_name,
        }
        file = str(self.configuration(place, self.values(place, upstream)))
        # -db: in the foreground.
        return Launch([program("haproxy"), "-db", "-f", file], environment)

    def values(self, place: Place, upstream: Address) -> dict[str, str]:
        """What the file cannot take from the environment: nothing, but for several nodes."""
        return {}


class Nginx(Proxy):
    """Proves itself by a key."""

    name, file = "nginx", "nginx/nginx.conf"
    takes_expired = False

    def settings(self, place: Place) -> dict[str, Any]:
        return {**super().settings(place), "proxy_key": place.key}

    def launch(self, place: Place, upstream: Address) -> Launch:
        assert isinstance(upstream, tuple)
        # Paths that Debian's build has in it, and that only root may write to; nothing here uses them.
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        temporary = [f"{kind}_temp_path {place.directory}/{kind};" for kind in kinds]
        key = f'proxy_set_header X-Tallystick-Proxy-Key "{place.key}";'
        place.write("tallystick-proxy-key.conf", "\n".join([key, *temporary, ""]))
        values = {
            "user www-data;": f"user {getpass.getuser()};",
            "worker_processes auto;": "worker_processes 1;",
            "listen 443 ": f"listen 127.0.0.1:{place.port} ",
            "127.0.0.1:8080": f"{upstream[0]}:{upstream[1]}",
            "/run/": f"{place.directory}/",
            "/var/log/nginx/": f"{place.directory}/",
            "/etc/nginx/": f"{place.directory}/",
        }
        file = self.configuration(place, values)
        return Launch([program("nginx"), "-c", str(file), "-e", "stderr", "-g", "daemon off;"])


class Caddy(Proxy):
    """Proves itself by its loopback address."""

    name, file = "caddy", "caddy/Caddyfile"

    def launch(self, place: Place, upstream: Address) -> Launch:
        assert isinstance(upstream, tuple)
        environment = {
            "EDGE_ADMIN": f"unix/{place.directory}/admin.sock",
            "EDGE_PORT": str(place.port),
            "EDGE_TLS": str(place.tls),
            "EDGE_UPSTREAM": f"{upstream[0]}:{upstream[1]}",
            **{name: str(place.directory) for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")},
        }
        command = [program("caddy"), "run", "--config", str(self.configuration(place)), "--adapter", "caddyfile"]
        return Launch(command, environment)


class Envoy(Proxy):
    """Proves itself by a certificate of its own, at the mTLS port."""

    name, file = "envoy", "envoy/envoy.yaml"
    hands_on_chain = True

    def settings(self, place: Place) -> dict[str, Any]:
        certificate = place.write("proxy-certificate.pem", place.proxy.pem)
        return {**super().settings(place), "proxy_certificate": str(certificate)}

    def target(self, place: Place) -> Address:
        return ("127.0.0.1", place.mtls_port)

    def launch(self, place: Place, upstream: Address) -> Launch:
        assert isinstance(upstream, tuple)
        place.write("tls/envoy.pem", place.proxy.pem)
        place.write("tls/envoy.key", place.proxy.key_pem)
        place.write("tls/tallystick-ca.pem", (place.data / "tls" / "ca.pem").read_text())
        values = {
            "address: 0.0.0.0, port_value: 443": f"address: 127.0.0.1, port_value: {place.port}",
            "address: localhost, port_value: 8444": f"address: {upstream[0]}, port_value: {upstream[1]}",
            "/etc/envoy/tls/": f"{place.tls}/",
        }
        file = self.configuration(place, values)
        envoy = str(Path(sys.prefix) / "bin" / "envoy")
        return Launch([envoy, "-c", str(file), "--disable-hot-restart", "--concurrency", "1", "-l", "warning"])


PROXIES: tuple[Proxy, ...] = (HAProxy(), Nginx(), Caddy(), Envoy())
