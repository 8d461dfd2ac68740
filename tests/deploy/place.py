"""Where one deployment behind a proxy lives: its directory, its ports, and the certificates of its two hosts."""

from __future__ import annotations

import re
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509

from tests.certificate_mill import NO_CA, SERVER_AUTH, Holder, authority, certify
from tests.ports import free_ports

HOST, MTLS_HOST = "auth.example.com", "mtls.auth.example.com"
"""As the files in `deploy/` name them; SNI and Host say them, so they need not resolve."""
FILES = Path(__file__).parents[2] / "deploy"

Address = Path | tuple[str, int]
"""A Unix socket, or host and port."""


@dataclass
class Place:
    """One deployment's own corner of this machine."""

    directory: Path
    proxy: Holder = field(default_factory=lambda: certify("CN=proxy"))
    """The certificate by which the proxy may show itself to Tallystick."""
    key: str = "key-of-the-proxy-0123456789abcdef0123456789"
    data: Path = Path()
    """Tallystick's data directory; below ``directory`` unless given."""

    def __post_init__(self) -> None:
        self.tls.mkdir(parents=True)
        if self.data == Path():
            self.data = self.directory / "data"
        self.port, self.http_port, self.mtls_port, self.admin_port = free_ports(4)
        edge = authority("CN=edge")
        self.write("tls/public-ca.pem", edge.pem)
        for host in (HOST, MTLS_HOST):
            made = certify(f"CN={host}", edge, NO_CA, SERVER_AUTH, san=[x509.DNSName(host)])
            # The key after the certificate, for HAProxy, which wants one file.
            self.write(f"tls/{host}.pem", made.pem + made.key_pem)
            self.write(f"tls/{host}.key", made.key_pem)

    @property
    def tls(self) -> Path:
        """The proxy's certificates."""
        return self.directory / "tls"

    @property
    def edge_ca(self) -> Path:
        """What the proxy's clients trust."""
        return self.tls / "public-ca.pem"

    @property
    def socket(self) -> Path:
        """Tallystick's Unix socket."""
        return self.directory / "tallystick.sock"

    @property
    def relay_socket(self) -> Path:
        """The Unix socket that the proxy is told of."""
        return self.directory / "relay.sock"

    def beside(self, name: str) -> Place:
        """A place for another proxy in front of the same Tallystick; a new one each time."""
        directory = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.directory))
        return Place(directory, proxy=self.proxy, key=self.key, data=self.data)

    def write(self, name: str, text: str) -> Path:
        """A file of the proxy's."""
        path = self.directory / name
        path.write_text(text)
        return path


def filled(file: str, values: Mapping[str, Any]) -> str:
    """A file of `deploy/` with what differs per machine filled in; each of those words has to be there."""
    text = (FILES / file).read_text()
    for word, value in values.items():
        assert word in text, f"{file} has no {word!r}"
        text = text.replace(word, str(value))
    return text


def settings_told(file: str) -> dict[str, Any]:
    """What the comment at the top of a proxy's file says of Tallystick's own settings; it is TOML, two to a line."""
    comment = (FILES / file).read_text().partition("\n\n")[0]
    return tomllib.loads("\n".join(re.findall(r'\w+ = (?:"[^"]*"|true|\d+)', comment)))
