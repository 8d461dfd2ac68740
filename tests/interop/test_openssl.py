"""OpenSSL's `s_client`: raw HTTP through it, and the handshakes that must fail."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.administrator import Administrator, unique
from tests.application import Application, decoded
from tests.certificate_mill import Holder, leaf
from tests.interop.shell import run
from tests.server import Server

LISTENERS = ("port", "mtls_port")
VERSIONS = ("-tls1_2", "-tls1_3")


@pytest.fixture(scope="module")
def holder() -> Holder:
    """A self-signed certificate."""
    return leaf(unique("s-client"))


@pytest.fixture(scope="module")
def application(admin: Administrator, holder: Holder) -> Application:
    """An application known by it."""
    made = admin.application(admin.api(proof_of_possession={"mechanism": "mtls", "required": True})["identifier"])
    credential = admin.credential(made.client_id, credential_type="x509_cert", pem=holder.pem)
    admin.use(made.client_id, "self_signed_tls_client_auth", credential["id"])
    return made


def s_client(server: Server, port: int, *options: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """One connection; what is typed goes through it."""
    where = ("-connect", f"127.0.0.1:{port}", "-servername", "localhost")
    trust = ("-CAfile", server.ca_file, "-verify_return_error", "-verify_hostname", "localhost")
    return run("openssl", "s_client", *where, *trust, "-ign_eof", *options, stdin=stdin)


def request(application: Application) -> str:
    """A token request, byte by byte."""
    body = urlencode(application.form(client_id=application.client_id))
    lines = ["POST /oauth/token HTTP/1.1", f"Host: localhost:{application.server.mtls_port}", "Connection: close"]
    lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", body])


@pytest.mark.parametrize("version", VERSIONS)
def test_token_through_s_client(
    server: Server, application: Application, holder: Holder, tmp_path: Path, version: str
) -> None:
    certificate, key = holder.files(tmp_path)
    shown = ("-quiet", version, "-cert", certificate, "-key", key)
    done = s_client(server, server.mtls_port, *shown, stdin=request(application))
    head, _, body = done.stdout.partition("\n\n") if "\r\n" not in done.stdout else done.stdout.partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 200"), done.stdout + done.stderr
    assert decoded(json.loads(body)["access_token"])[1]["cnf"] == {"x5t#S256": holder.thumbprint}


@pytest.mark.parametrize("listener", LISTENERS)
@pytest.mark.parametrize(("version", "named"), [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")])
def test_versions(server: Server, listener: str, version: str, named: str) -> None:
    done = s_client(server, getattr(server, listener), version, "-no_ign_eof")
    assert "Verify return code: 0 (ok)" in done.stdout
    assert f"New, {named}, Cipher is " in done.stdout
    asked = (
        "Acceptable client certificate CA names" in done.stdout or "No client certificate CA names sent" in done.stdout
    )
    assert asked, done.stdout


@pytest.mark.parametrize("listener", LISTENERS)
@pytest.mark.parametrize("version", ["-tls1", "-tls1_1"])
def test_old_versions_are_refused(server: Server, listener: str, version: str) -> None:
    """The client is brought down to a level at which it would take them; the server's alert must be the reason."""
    done = s_client(server, getattr(server, listener), version, "-cipher", "ALL:@SECLEVEL=0")
    assert done.returncode != 0
    assert "alert protocol version" in done.stderr


@pytest.mark.parametrize("listener", LISTENERS)
@pytest.mark.parametrize(
    "suites", ["ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA", "AES128-GCM-SHA256", "ECDHE+SHA256:ECDHE+SHA384", "DHE"]
)
def test_other_suites_are_refused(server: Server, listener: str, suites: str) -> None:
    """TLS 1.2 is ECDHE with AES-GCM: no CBC, no key transport, no DHE."""
    if suites == "ECDHE+SHA256:ECDHE+SHA384":
        suites += ":!AESGCM:!CHACHA20:!AESCCM:!ARIAGCM"
    done = s_client(server, getattr(server, listener), "-tls1_2", "-cipher", f"{suites}:@SECLEVEL=0")
    assert done.returncode != 0
    assert "alert handshake failure" in done.stderr


@pytest.mark.parametrize("listener", LISTENERS)
def test_no_renegotiation(server: Server, listener: str) -> None:
    """A line of "R" asks for one; the server must not begin it."""
    done = s_client(server, getattr(server, listener), "-tls1_2", "-no_ign_eof", stdin="R\n")
    assert "RENEGOTIATING" in done.stderr
    assert "no renegotiation" in done.stderr


@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_is_resumed(server: Server, version: str, tmp_path: Path) -> None:
    """A resumed session would keep only the leaf of what the client showed."""
    session = tmp_path / "session"
    s_client(server, server.mtls_port, version, "-no_ign_eof", "-sess_out", session)
    if session.exists():
        done = s_client(server, server.mtls_port, version, "-no_ign_eof", "-sess_in", session)
        assert "Reused, " not in done.stdout


def test_http_2_is_not_offered(server: Server) -> None:
    done = s_client(server, server.port, "-alpn", "h2,http/1.1", "-no_ign_eof")
    assert "ALPN protocol: http/1.1" in done.stdout
