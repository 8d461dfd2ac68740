"""`tallystick doctor` behind each proxy: what `deploy/` holds is found sound, and a mis-set proxy is found out."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tallystick.cli.program import run

from .deployment import Deployment
from .misset import misset
from .place import HOST, MTLS_HOST

HTTPS = 443
Report = dict[str, Any]
Doctor = Callable[[Deployment], Report]


@pytest.fixture
def doctor(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Doctor:
    """Examines a deployment by its public names, as from anywhere; what DNS would do is done here."""
    connect = socket.create_connection

    def examine(deployment: Deployment) -> Report:
        def connected(address: tuple[str, int], *arguments: Any, **options: Any) -> socket.socket:
            found = ("127.0.0.1", deployment.port) if address in ((HOST, HTTPS), (MTLS_HOST, HTTPS)) else address
            return connect(found, *arguments, **options)

        management = deployment.behind.bootstrap["management"]
        (tmp_path / "secret").write_text(management["client_secret"])
        identity = ["--client-id", management["client_id"], "--client-secret-file", str(tmp_path / "secret")]
        with monkeypatch.context() as patched:
            patched.setattr(socket, "create_connection", connected)
            capsys.readouterr()
            code = run(["doctor", "--domain", HOST, "--ca-file", str(deployment.ca_file), *identity, "--json"])
        report: Report = json.loads(capsys.readouterr().out)
        return {**report, "code": code}

    return examine


def wrong(report: Report) -> dict[str, str]:
    """What is wrong, by the name of the check."""
    return {one["check"]: one["text"] for one in report["findings"] if one["level"] == "bad"}


def test_the_configuration_that_comes_with_us_is_found_sound(deployment: Deployment, doctor: Doctor) -> None:
    report = doctor(deployment)
    assert (wrong(report), report["code"]) == ({}, 0)
    checks = {one["check"]: one["level"] for one in report["findings"]}
    assert checks["spoofing.public"] == checks["spoofing.mtls"] == "ok"
    assert checks["listeners.mtls"] == "ok"


def test_a_proxy_that_passes_the_header_through_is_found_and_named(deployment: Deployment, doctor: Doctor) -> None:
    with misset(deployment) as wrong_one:
        report = doctor(wrong_one)
    assert report["code"] == 1
    assert wrong(report).keys() >= {"spoofing.mtls"}
    assert "takes a stranger's certificate from a header" in wrong(report)["spoofing.mtls"]
