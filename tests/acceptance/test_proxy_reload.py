"""SIGHUP behind a proxy: keys and pinned certificates change while the unix socket stays where it is."""

from __future__ import annotations

import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.administrator import Administrator
from tests.application import Application, decoded
from tests.attacks.wire import Connection, Wire, by_unix, form_request
from tests.certificate_mill import Holder, leaf
from tests.forwarded import KEY, OTHER_KEY, Lines, key_line, rfc9440
from tests.ports import free_ports
from tests.server import Server

RELOAD_S_MAX = 60


class Reloadable:
    """A server whose proxies stand in a file that is written anew."""

    def __init__(self, directory: Path, short: Path) -> None:
        self.directory, self.socket_file = directory, short / "s"
        self.pin = directory / "proxies.pem"
        port, mtls_port = free_ports(2)
        arguments = ("--config", str(directory / "tallystick.toml"))
        self.server = Server(directory / "data", port, mtls_port, workers=2, arguments=arguments)
        self.client = leaf("client")

    def configure(self, key: str, proxy: Holder) -> None:
        self.pin.write_text(proxy.pem)
        lines = {"client_cert_header": "rfc9440", "proxy_key": key, "proxy_certificate": str(self.pin)}
        lines["unix_socket"] = str(self.socket_file)
        text = "".join(f"{name} = {value!r}\n" for name, value in lines.items())
        (self.directory / "tallystick.toml").write_text(text)

    def register(self) -> Application:
        """An application whose tokens are bound to whatever certificate is shown."""
        admin = Administrator(self.server)
        api = admin.api(proof_of_possession={"mechanism": "mtls", "required": False})
        return admin.application(str(api["identifier"]))

    def believes(self, application: Application, connection: Connection, *lines: bytes) -> bool:
        """Whether a request with the header is taken for the client."""
        der = self.client.certificate.public_bytes(Encoding.DER)
        form = application.form(client_id=application.client_id, client_secret=application.secret)
        with connection:
            connection.send(form_request(self.server, form, *rfc9440((der,)), *lines))
            answer = connection.answer()
        assert answer.status == 200
        return "cnf" in decoded(answer.json["access_token"])[1]

    def reload(self) -> None:
        assert self.server.process is not None
        self.server.process.send_signal(signal.SIGHUP)


@pytest.fixture
def reloadable(tmp_path: Path) -> Iterator[Reloadable]:
    with tempfile.TemporaryDirectory(prefix="reload-") as short:
        one = Reloadable(tmp_path, Path(short))
        try:
            yield one
        finally:
            one.server.close()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + RELOAD_S_MAX
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_keys_and_pins_change_and_the_socket_stays(reloadable: Reloadable) -> None:
    old, new = leaf("proxy"), leaf("proxy")
    reloadable.configure(KEY, old)
    reloadable.server.start()
    application = reloadable.register()
    server, directory = reloadable.server, reloadable.directory

    def by_key(key: str) -> bool:
        return reloadable.believes(application, Wire(server), key_line(key))

    def by_pin(proxy: Holder) -> bool:
        """The other one is a client like any: its own certificate binds, and only a pinned proxy's does not."""
        der = reloadable.client.certificate.public_bytes(Encoding.DER)
        form = application.form(client_id=application.client_id, client_secret=application.secret)
        with Wire(server, proxy.files(directory)) as wire:
            wire.send(form_request(server, form, *rfc9440((der,))))
            claims = decoded(wire.answer().json["access_token"])[1]
        return bool(claims["cnf"] == {"x5t#S256": reloadable.client.thumbprint})

    def by_socket() -> bool:
        nothing: Lines = []
        return reloadable.believes(application, by_unix(reloadable.socket_file), *nothing)

    assert (by_key(KEY), by_key(OTHER_KEY), by_pin(old), by_pin(new), by_socket()) == (True, False, True, False, True)
    reloadable.configure(OTHER_KEY, new)
    reloadable.reload()
    until(lambda: by_key(OTHER_KEY) and not by_key(KEY) and by_pin(new) and not by_pin(old))
    assert by_socket()
    # The file alone: its path is what it was, and what it holds is not.
    reloadable.configure(OTHER_KEY, old)
    reloadable.reload()
    until(lambda: by_pin(old) and not by_pin(new))
    assert by_socket()
    server.hang_up()
    assert server.stop() == 0
    assert not reloadable.socket_file.exists()
