"""A deployment behind a proxy that the tests play: its ways to show itself, and clients to impersonate."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.serialization import Encoding

from tests.administrator import Administrator
from tests.application import Application
from tests.attacks.mtls import Authorities
from tests.attacks.wire import Answer, Connection, Wire, by_unix, form_request, plain
from tests.certificate_mill import Holder, leaf
from tests.forwarded import KEY, OTHER_KEY, SPELLED, Lines, key_line
from tests.ports import free_ports
from tests.server import Server

PROXY_ADDRESS = "127.0.0.7"
CLIENT_ADDRESS = "203.0.113.7"
NONE = "mtls.certificate_missing"
"""The check that fails when there is no certificate at all."""


class PlainServer(Server):
    """A server that speaks plain HTTP."""

    def http(self, certificate: tuple[Path, Path] | None = None, base: str | None = None) -> httpx.Client:
        """Without TLS."""
        client = httpx.Client(base_url=f"http://localhost:{self.port}/", timeout=20, trust_env=False)
        self.opened.append(client)
        return client


def der(*holders: Holder) -> tuple[bytes, ...]:
    """The certificates, as a handshake would show them."""
    return tuple(holder.certificate.public_bytes(Encoding.DER) for holder in holders)


class Proxied:
    """One server that believes one form; clients whose certificates are known, and the proxy's own."""

    def __init__(self, server: Server, form: str, proxy: Holder, directory: Path, socket_file: Path) -> None:
        self.server, self.form, self.proxy, self.socket_file = server, form, proxy, socket_file
        self.admin = Administrator(server)
        bound = self.admin.api(proof_of_possession={"mechanism": "mtls", "required": False})
        self.authorities = Authorities(self.admin, str(bound["identifier"]), directory)
        self.by_authority, self.by_itself = self.authorities.leaf("CN=victim"), leaf("CN=victim by itself")
        self.named = self.authorities.by_dn("CN=victim")
        self.self_signed = self.authorities.self_signed(self.by_itself)
        self.secret = self.admin.application(str(bound["identifier"]))

    @property
    def victims(self) -> tuple[tuple[Application, Holder], ...]:
        """Clients of both mTLS methods with their certificates."""
        return (self.named, self.by_authority), (self.self_signed, self.by_itself)

    # The proxy

    @property
    def ways(self) -> dict[str, Any]:
        """Each way for the proxy to show itself: what opens a connection, and the lines of every request on it."""
        return {
            "certificate": (lambda: Wire(self.server, self.proxy.files(self.authorities.directory)), []),
            "key": (lambda: Wire(self.server), [key_line()]),
            "second key": (lambda: Wire(self.server, mtls=True), [key_line(OTHER_KEY)]),
            "address": (lambda: Wire(self.server, source=PROXY_ADDRESS), []),
            "unix socket": (lambda: by_unix(self.socket_file), []),
        }

    def connect(self, way: str) -> tuple[Connection, Lines]:
        """A connection of the proxy, and what it adds to every request."""
        opened, lines = self.ways[way]
        return opened(), lines

    def forwarded(self, *chain: Holder, verdict: str | None = "") -> Lines:
        """The chain as this form writes it; ``verdict`` None is what the form's proxy says of unknown authorities."""
        spelled = SPELLED[self.form]
        return spelled(der(*chain)) if verdict is None else spelled(der(*chain), verdict)

    def ask(self, application: Application, lines: Sequence[bytes], way: str = "key", **form: Any) -> Answer:
        """A token request that the proxy sends on."""
        connection, own = self.connect(way)
        with connection:
            connection.send(self.request(application, *lines, *own, **form))
            return connection.answer()

    # Whoever asks

    def request(self, application: Application, *lines: bytes, **form: Any) -> bytes:
        """A token request of the application, which has no other credential than a certificate."""
        secret = {"client_secret": application.secret} if application is self.secret else {}
        body = application.form(client_id=application.client_id, **secret, **form)
        return form_request(self.server, body, *lines)

    def check_of(self, answer: Answer) -> str:
        """Why it was refused, as the log has it."""
        assert (answer.status, answer.error) == (401, "invalid_client"), answer
        return str(self.admin.log(answer.headers["x-correlation-id"])["details"]["check"])


@contextmanager
def proxied(directory: Path, form: str, *, tls: bool = True, **settings: str) -> Iterator[Proxied]:
    """A fresh deployment."""
    proxy = leaf("proxy")
    pin = directory / "proxy.pem"
    pin.write_text(proxy.pem)
    port, mtls_port = free_ports(2)
    with tempfile.TemporaryDirectory(prefix="proxied-") as short:
        environment = {
            "TALLYSTICK_CLIENT_CERT_HEADER": form,
            "TALLYSTICK_PROXY_KEY": f"{OTHER_KEY},{KEY}",
            "TALLYSTICK_PROXY_ADDRESSES": PROXY_ADDRESS,
            "TALLYSTICK_UNIX_SOCKET": f"{short}/s",
            "TALLYSTICK_CLIENT_IP_HEADER": "x-forwarded-for",
            **({"TALLYSTICK_PROXY_CERTIFICATE": str(pin)} if tls else {"TALLYSTICK_INSECURE_HTTP": "true"}),
            **{f"TALLYSTICK_{name.upper()}": value for name, value in settings.items()},
        }
        kind = Server if tls else PlainServer
        server = kind(data=directory / "data", port=port, mtls_port=mtls_port, workers=1, environment=environment)
        try:
            yield Proxied(server.start(), form, proxy, directory, Path(short) / "s")
        finally:
            server.close()


def stranger(server: Server, how: str, **options: Any) -> Connection:
    """A connection of somebody who is no proxy."""
    if how == "plain HTTP":
        return plain(server, **options)
    return Wire(server, mtls=how == "mTLS port", **options)
