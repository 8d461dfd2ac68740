"""C25 fail-open TLS set-up (CVE-2026-27586, CVE-2025-15346): with TLS files that are not right there is no server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from tests.certificate_mill import SERVER_AUTH, certify
from tests.ports import free_ports
from tests.server import Server, running_server

GOOD = certify("localhost", None, SERVER_AUTH, san=[x509.DNSName("localhost")])
OTHER = certify("localhost")
WEAK = certify("localhost", None, SERVER_AUTH, key=rsa.generate_private_key(65537, 1024))
LOCKED = GOOD.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"password")).decode()
GARBAGE = "\x00\xff" * 99

SPOILT: dict[str, tuple[str | None, str | None, str]] = {
    # certificate file, key file (None: there is none), and what the one line must say
    "certificate missing": (None, GOOD.key_pem, "cannot read the TLS certificate"),
    "key missing": (GOOD.pem, None, "cannot read the TLS key"),
    "certificate empty": ("", GOOD.key_pem, "is not a PEM certificate"),
    "key empty": (GOOD.pem, "", "is not a PEM private key"),
    "certificate garbage": (GARBAGE, GOOD.key_pem, "is not a PEM certificate"),
    "key garbage": (GOOD.pem, GARBAGE, "is not a PEM private key"),
    "certificate cut off": (GOOD.pem[: len(GOOD.pem) // 2], GOOD.key_pem, "is not a PEM certificate"),
    "chain cut off": (GOOD.pem + GOOD.pem[: len(GOOD.pem) // 2], GOOD.key_pem, "cut off"),
    "chain of another kind": (
        GOOD.pem + GOOD.pem.replace("CERTIFICATE", "TRUSTED CERTIFICATE"),
        GOOD.key_pem,
        "no certificate",
    ),
    "swapped": (GOOD.key_pem, GOOD.pem, "is not a PEM certificate"),
    "key of another certificate": (GOOD.pem, OTHER.key_pem, "does not belong to"),
    "key with a password": (GOOD.pem, LOCKED, "is encrypted"),
    "key too weak for TLS": (WEAK.pem, WEAK.key_pem, "TLS cannot use"),
}


def serve(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Try to start; a server that does start is the failure, and is ended."""
    port, mtls_port = free_ports(2)
    command = [sys.executable, "-m", "tallystick", "serve", "--data", str(data)]
    command += ["--port", str(port), "--mtls-port", str(mtls_port), *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TALLYSTICK_")}
    return subprocess.run(command, capture_output=True, text=True, timeout=30, env=environment, check=False)


def stopped_with_one_line(done: subprocess.CompletedProcess[str], words: str) -> None:
    """Exit status 1, one line on stderr that says why, nothing that looks like a running server."""
    assert done.returncode == 1, done
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert words in lines[0]
    assert "Traceback" not in done.stderr
    assert "serves" not in done.stdout


@pytest.mark.parametrize("case", SPOILT)
def test_c25_given_files_that_are_not_right_stop_the_start(tmp_path: Path, case: str) -> None:
    certificate, key, words = SPOILT[case]
    for name, content in (("server.pem", certificate), ("server.key", key)):
        if content is not None:
            (tmp_path / name).write_text(content, encoding="latin-1")
    files = ("--tls-cert", str(tmp_path / "server.pem"), "--tls-key", str(tmp_path / "server.key"))
    stopped_with_one_line(serve(tmp_path / "data", *files), words)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("given", ["--tls-cert", "--tls-key"])
def test_c25_half_of_the_files_stops_the_start(tmp_path: Path, given: str) -> None:
    stopped_with_one_line(serve(tmp_path / "data", given, str(tmp_path / "x.pem")), "must be given together")


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A deployment that has served once."""
    with running_server(tmp_path_factory.mktemp("stopped"), workers=1) as server:
        server.stop()
        return server


@pytest.mark.parametrize(
    ("name", "content"), [("ca.pem", b"\x00garbage"), ("ca.pem", b""), ("ca.key", b"\x00garbage"), ("ca.key", None)]
)
def test_c25_a_broken_local_authority_stops_the_start(stopped: Server, name: str, content: bytes | None) -> None:
    """It is not made anew: clients trust the old one."""
    target = stopped.data / "tls" / name
    kept = target.read_bytes()
    try:
        if content is None:
            target.unlink()
        else:
            target.write_bytes(content)
        stopped_with_one_line(serve(stopped.data), str(target))
    finally:
        target.write_bytes(kept)


def test_c25_the_mtls_listener_asks_and_the_public_one_does_not(server: Server) -> None:
    """OpenSSL as the probe: CVE-2025-15346 was a listener that only looked as if it asked."""
    for port, asks in ((server.mtls_port, True), (server.port, False)):
        done = subprocess.run(
            ["openssl", "s_client", "-connect", f"localhost:{port}", "-CAfile", str(server.ca_file), "-brief"],
            input="",
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        told = done.stdout + done.stderr
        assert ("No client certificate CA names sent" in told or "Requested Signature Algorithms" in told) or not asks
        assert "Verification: OK" in told
