"""C20 and C26 over HTTP/2, which the proxies speak with their clients and Tallystick does not."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.application import Application, decoded
from tests.attacks.mtls import Authorities
from tests.certificate_mill import Holder

from .deployment import Deployment
from .place import HOST, MTLS_HOST
from .spoofed import VERDICTS, believable, lines


class Answer:
    """What curl printed."""

    def __init__(self, printed: str) -> None:
        body, _, facts = printed.rpartition("\n")
        self.version, status = facts.split()
        self.status = int(status)
        self.body = body


def curl(
    deployment: Deployment,
    host: str,
    form: dict[str, str],
    headers: list[bytes],
    files: tuple[Path, Path] | None = None,
) -> Answer:
    """A token request over HTTP/2; ``:authority`` has no port, as on 443."""
    command = ["curl", "--silent", "--http2", "--cacert", str(deployment.ca_file), "--max-time", "10"]
    command += ["--connect-to", f"{host}:443:127.0.0.1:{deployment.port}", f"https://{host}/oauth/token"]
    command += ["--cert", str(files[0]), "--key", str(files[1])] if files else []
    for header in headers:
        command += ["--header", header.decode("latin-1")]
    for name, value in form.items():
        command += ["--data-urlencode", f"{name}={value}"]
    command += ["--write-out", "\n%{http_version} %{http_code}"]
    return Answer(subprocess.run(command, capture_output=True, text=True, check=False).stdout)


@pytest.fixture(scope="module")
def spoofed(authorities: Authorities) -> tuple[Application, Holder, list[bytes]]:
    """A victim, its certificate, and the header lines that would speak of it, in both spellings."""
    holder = authorities.leaf("CN=victim over two")
    found = [
        line
        for header, value in believable(holder).items()
        for line in (*lines(header, value), *lines(header.replace("-", "_"), value))
    ]
    return authorities.by_dn("CN=victim over two"), holder, [*found, *VERDICTS]


@pytest.mark.parametrize("host", [HOST, MTLS_HOST])
def test_c20_no_header_is_a_certificate(
    deployment: Deployment, spoofed: tuple[Application, Holder, list[bytes]], host: str
) -> None:
    victim, _, headers = spoofed
    answer = curl(deployment, host, victim.form(client_id=victim.client_id), headers)
    assert (answer.version, answer.status) == ("2", 401)
    assert json.loads(answer.body)["error"] == "invalid_client"


def test_c26_the_certificate_that_was_shown_counts(
    deployment: Deployment, authorities: Authorities, spoofed: tuple[Application, Holder, list[bytes]]
) -> None:
    application, thief = authorities.admin.application(authorities.audience), authorities.leaf("CN=thief")
    form = application.form(client_id=application.client_id, client_secret=application.secret)
    answer = curl(deployment, MTLS_HOST, form, spoofed[2], thief.files(authorities.directory))
    assert (answer.version, answer.status) == ("2", 200), answer.body
    assert decoded(json.loads(answer.body)["access_token"])[1]["cnf"] == {"x5t#S256": thief.thumbprint}


def test_c20_a_wrong_length_hides_nothing(
    deployment: Deployment, authorities: Authorities, spoofed: tuple[Application, Holder, list[bytes]]
) -> None:
    """HTTP/2 has lengths of its own; a `content-length` that says otherwise is malformed (RFC 9113 8.1.1)."""
    victim, _, headers = spoofed
    form = victim.form(client_id=victim.client_id)
    for wrong in (b"Content-Length: 0", b"Content-Length: 3", b"Transfer-Encoding: chunked"):
        answer = curl(deployment, HOST, form, [*headers, wrong])
        assert answer.status != 200
        assert "access_token" not in answer.body
