"""`tallystick doctor`: a healthy deployment is found healthy, and each illness is found by its name."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tallystick.cli.doctor import database, files, keys, reach, spoofing, table, tls, weak
from tallystick.cli.doctor.finding import ADVICE, BAD, OK, SKIPPED, Finding, Patient
from tallystick.cli.exits import FAILED, USAGE
from tallystick.cli.identity import Identity
from tallystick.cli.remote import Remote
from tallystick.cli.whereabouts import Whereabouts
from tallystick.clients.dates import iso_from_ms
from tallystick.onetime import OneTimeValue
from tallystick.sdk.methods import NoAuthentication
from tallystick.settings import Settings
from tests.application import now_ms
from tests.server import Server

from .conftest import Cli, FakeServer
from .weak_tls import SECURE, tls_server

DAY_MS = 86_400_000


def examined_by(cli: Cli, *arguments: object) -> dict[str, str]:
    """Level by check; the status says whether one of them is wrong.

    The server is shared, and other tests register credentials that end soon: these may be found too.
    """
    ran = cli("doctor", *arguments, "--json")
    levels = {one["check"]: one["level"] for one in ran.json()["findings"]}
    assert ran.code == (FAILED if BAD in levels.values() else 0), ran
    return {check: level for check, level in levels.items() if not check.startswith("credentials.")}


def test_a_healthy_deployment_is_found_healthy(cli: Cli, server: Server) -> None:
    levels = examined_by(cli, "--data", server.data, "--database", server.database_url)
    assert {check: level for check, level in levels.items() if level not in (OK, ADVICE)} == {}
    rooms = {check.partition(".")[0] for check in levels}
    assert rooms >= {"reach", "tls", "listeners", "spoofing", "database", "files", "keys"}


def test_what_only_the_servers_machine_knows_is_skipped_elsewhere(cli: Cli, server: Server) -> None:
    management = server.bootstrap["management"]
    secret = server.data.parent / "management.secret"
    secret.write_text(management["client_secret"])
    identity = ("--client-id", management["client_id"], "--client-secret-file", secret)
    levels = examined_by(cli, "--domain", server.domain, "--ca-file", server.ca_file, *identity)
    assert {check for check, level in levels.items() if level == SKIPPED} == {"database", "files"}
    assert BAD not in levels.values()


def test_what_the_terminal_cannot_write_does_not_end_the_command() -> None:
    command = [sys.executable, "-m", "tallystick", "doctor", "--domain", "localhost:9", "--client-id", "ü"]
    variables = {**os.environ, "PYTHONIOENCODING": "ascii", "TALLYSTICK_CLIENT_SECRET": "s"}
    ran = subprocess.run(command, capture_output=True, env=variables, check=False, text=True)
    assert ran.returncode == FAILED, ran.stderr
    assert ran.stdout.startswith("wrong      reach: could not be examined")
    assert "-> is the server running?" in ran.stdout


def test_the_file_says_which_deployment_is_examined(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "t.toml").write_text('data = "elsewhere"\n')
    ran = cli("doctor", "--config", "t.toml")
    assert ran.code == USAGE
    assert "elsewhere/bootstrap.json" in ran.err
    assert "given/bootstrap.json" in cli("doctor", "--config", "t.toml", "--data", "given").err


def test_whoever_is_not_let_in_hears_so_and_not_that_a_scope_is_missing(fake: FakeServer) -> None:
    fake.answers["POST /oauth/token"] = (401, {"error": "e", "error_description": "no", "correlation_id": "c0ffee"})
    (finding,) = spoofing.examine(patient(fake))
    assert (finding.level, "explain c0ffee" in finding.advice) == (SKIPPED, True)


def patient(fake: FakeServer, settings: Settings | None = None) -> Patient:
    server = Whereabouts(base_url=fake.url, issuer=fake.url)
    return Patient(Remote(server, Identity("c1", NoAuthentication())), settings)


def found(findings: Any) -> dict[str, Finding]:
    """By the name of the check."""
    return {finding.check: finding for finding in findings}


def levels(findings: Any) -> dict[str, str]:
    return {name: finding.level for name, finding in found(findings).items()}


# The database


@pytest.mark.parametrize("winners", [0, 2, 40])
def test_a_replay_store_that_gives_a_value_twice_or_never_is_found(winners: int) -> None:
    left = [winners]

    async def spend(_: OneTimeValue) -> bool:
        left[0] -= 1
        return left[0] >= 0

    (finding,) = asyncio.run(database._replay(spend, spend))
    assert (finding.check, finding.level) == ("database.replay", BAD)
    assert str(winners) in finding.text


def test_a_replay_store_that_forgets_is_found() -> None:
    async def spend(_: OneTimeValue, calls: list[int] = []) -> bool:  # noqa: B006  # counts over all calls
        calls.append(1)
        return len(calls) in (1, database.SPENDS + 1)

    (finding,) = asyncio.run(database._replay(spend))
    assert finding.level == BAD


def test_a_database_that_does_not_answer_or_has_no_tables_is_found(fake: FakeServer, tmp_path: Path) -> None:
    gone = Settings(data=tmp_path, database="postgresql://nobody:x@127.0.0.1:9/none")
    assert levels(database.examine(patient(fake, gone))) == {"database.reachable": BAD}
    assert levels(database.examine(patient(fake, Settings(data=tmp_path)))) == {"database.migrated": BAD}
    assert levels(database.examine(patient(fake))) == {"database": SKIPPED}


@pytest.mark.parametrize(("off_s", "level"), [(0, OK), (-1, OK), (30, ADVICE), (-30, ADVICE)])
def test_a_database_whose_clock_is_off_is_found(off_s: int, level: str) -> None:
    assert database._clock(now_ms() + 1000 * off_s).level == level


# Files and settings


def test_files_that_others_may_read_are_found(fake: FakeServer, tmp_path: Path) -> None:
    key = tmp_path / "master.key"
    key.write_text("k")
    key.chmod(0o600)
    settings = Settings(data=tmp_path)
    assert levels(files.examine(patient(fake, settings))) == {"files.modes": OK, "settings": OK}
    key.chmod(0o640)
    finding = found(files.examine(patient(fake, settings)))["files.modes"]
    assert finding.level == BAD
    assert "master.key" in finding.text


WEAK_SETTINGS: dict[str, dict[str, Any]] = {
    "settings.trust_proxy_verification": {"trust_proxy_verification": True},
    "settings.insecure_http": {"insecure_http": True, "behind_proxy": True, "host": "0.0.0.0"},
    "settings.client_cert_header": {"insecure_http": True, "mtls_host": "mtls.example"},
    "settings.proxy_addresses": {"proxy_addresses": "127.0.0.1", "client_cert_header": "rfc9440"},
    "settings.custom_domain_verification": {"custom_domain_verification": "none"},
    "settings.smtp_url": {"issuer": "https://auth.example/"},
    "settings.log_level": {"log_level": "debug"},
}


@pytest.mark.parametrize("check", [check for check, *_ in files.WEAKNESSES])
def test_each_setting_that_weakens_is_found(fake: FakeServer, tmp_path: Path, check: str) -> None:
    weakened = patient(fake, Settings(data=tmp_path, **WEAK_SETTINGS[check]))
    assert levels(files.examine(weakened))[check] == ADVICE


# The tenant

HEALTHY: dict[str, Any] = {
    "mtls": {"enable_endpoint_aliases": True},
    "credentials_per_client_max": 10,
    "default_audience": "",
    "flags": {"enable_dynamic_client_registration": False},
}
WEAK: dict[str, Any] = {
    "allow_key_sharing_between_clients": True,
    "mtls": {"enable_endpoint_aliases": False},
    "credentials_per_client_max": 500,
    "default_audience": "https://api.example/",
    "flags": {"enable_dynamic_client_registration": True},
}
API = {"identifier": "https://api.example/", "token_lifetime": 86_400}


def settings_and_apis(fake: FakeServer, settings: dict[str, Any], *apis: dict[str, Any]) -> None:
    fake.answers["GET /api/v2/tenants/settings"] = (200, settings)
    fake.answers["GET /api/v2/resource-servers"] = (200, list(apis))


def test_each_default_that_weakens_is_found(fake: FakeServer) -> None:
    settings_and_apis(fake, HEALTHY, API)
    assert levels(weak.examine(patient(fake))) == {"tenant": OK}
    settings_and_apis(fake, {**HEALTHY, **WEAK}, API, {**API, "token_lifetime": 86_401})
    wanted = {f"tenant.{name}" for name, *_ in weak.SETTINGS} | {f"api.{name}" for name, *_ in weak.APIS}
    assert levels(weak.examine(patient(fake))) == dict.fromkeys(wanted, ADVICE)


def test_whom_a_floor_refuses_is_found(fake: FakeServer) -> None:
    def gap(name: str, *weights: str, exempt: bool = False) -> dict[str, Any]:
        return {"name": name, "exempt": exempt, "problems": [{"weight": weight} for weight in weights]}

    settings_and_apis(fake, {**HEALTHY, "compliance_level_floor": "fapi2_security"}, API)
    fake.answers["GET /api/v2/profile-gaps"] = (200, [gap("good"), gap("idle", "idle")])
    assert levels(weak.examine(patient(fake))) == {"tenant": OK}
    gaps = [gap("good"), gap("old", "wrong", "idle"), gap("empty", "lacking"), gap("ours", exempt=True)]
    fake.answers["GET /api/v2/profile-gaps"] = (200, gaps)
    refused, exempt = weak.examine(patient(fake))
    assert (refused.check, refused.level) == ("tenant.compliance_level_floor", BAD)
    assert refused.text == "2 applications do not meet the floor fapi2_security: old, empty"
    assert (exempt.check, exempt.level) == ("tenant.exempt_from_floor", ADVICE)


# Keys and credentials


def key(state: str, alg: str = "RS256", age_days: int = 10) -> dict[str, Any]:
    since = iso_from_ms(now_ms() - age_days * DAY_MS)
    return {"kid": f"{alg}-{state}", "alg": alg, state: True, "current_since": since, "revoked": False}


def credential(days: float) -> dict[str, Any]:
    return {
        "client_id": "app",
        "credential_id": f"cred_{days}",
        "expires_at": iso_from_ms(now_ms() + int(days * DAY_MS)),
    }


@pytest.mark.parametrize(
    ("signing", "ending", "idle", "wanted"),
    [
        ([key("current"), key("next")], [], [], {"keys.age": OK, "credentials.expiring": OK, "credentials.idle": OK}),
        ([key("current", age_days=400), key("next")], [], [], {"keys.age": ADVICE}),
        ([key("current"), key("next", "ES256")], [], [], {"keys.age": OK, "keys.next": ADVICE}),
        ([], [credential(20)], [], {"credentials.expiring": ADVICE}),
        ([], [credential(2), credential(20)], [], {"credentials.expiring": BAD}),
        ([], [credential(-1)], [], {"credentials.expiring": OK, "credentials.expired": ADVICE}),
        ([], [], [credential(900)], {"credentials.idle": ADVICE}),
    ],
)
def test_keys_and_credentials_that_need_somebody_are_found(
    fake: FakeServer, signing: list[Any], ending: list[Any], idle: list[Any], wanted: dict[str, str]
) -> None:
    fake.answers["GET /api/v2/keys/signing"] = (200, signing)
    fake.answers["GET /api/v2/expiring-credentials"] = (200, ending)
    fake.answers["GET /api/v2/idle-credentials"] = (200, idle)
    assert levels(keys.examine(patient(fake))).items() >= wanted.items()


# Reach and the clock


def test_a_server_that_is_not_ready_is_found(fake: FakeServer) -> None:
    fake.answers["GET /readyz"] = (503, {"status": "unavailable"})
    assert levels(reach.examine(patient(fake)))["reach.ready"] == BAD


@pytest.mark.parametrize(("off_s", "level"), [(0, OK), (5, ADVICE), (-5, ADVICE), (60, BAD), (-60, BAD)])
def test_a_clock_that_is_off_is_found(off_s: int, level: str) -> None:
    from email.utils import formatdate

    assert reach._clock(formatdate(time.time() + off_s, usegmt=True)).level == level
    assert reach._clock("").level == ADVICE


# TLS


@pytest.mark.parametrize(
    ("oldest", "newest", "suites", "wanted"),
    [
        (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3, SECURE, {"versions": OK, "suites": OK, "certificate": OK}),
        (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_3, "ALL", {"versions": BAD}),
        (ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, "ALL", {"versions": BAD}),
        (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2, SECURE, {"versions": ADVICE}),
        (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3, "kRSA+AESGCM", {"versions": OK, "suites": BAD}),
        (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3, "ECDHE+AES+SHA", {"suites": BAD}),
        (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3, f"{SECURE}:aNULL", {"suites": BAD}),
    ],
)
def test_weak_tls_is_found(
    tmp_path: Path, oldest: ssl.TLSVersion, newest: ssl.TLSVersion, suites: str, wanted: dict[str, str]
) -> None:
    with tls_server(tmp_path, oldest, newest, suites) as (port, certificate):
        assert examined(port, certificate).items() >= wanted.items()


@pytest.mark.parametrize(("days", "level"), [(300, OK), (10, ADVICE), (2, BAD)])
def test_a_certificate_that_ends_soon_is_found(tmp_path: Path, days: int, level: str) -> None:
    with tls_server(tmp_path, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3, days=days) as (port, certificate):
        assert examined(port, certificate)["certificate"] == level


def test_a_certificate_that_nobody_trusts_is_found(tmp_path: Path, server: Server) -> None:
    with tls_server(tmp_path, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3) as (port, _):
        assert examined(port, server.ca_file)["certificate"] == BAD


def test_an_address_that_does_not_answer_is_one_wrong_finding_and_no_good_one() -> None:
    with socket.create_server(("localhost", 0)) as closed:
        port = closed.getsockname()[1]
    assert examined(port, None) == {"public": BAD}


@pytest.mark.parametrize(("status", "level"), [(403, SKIPPED), (401, SKIPPED), (502, BAD)])
def test_an_address_that_does_not_tell_what_it_sees_is_found(fake: FakeServer, status: int, level: str) -> None:
    fake.answers["GET /api/v2/debug/connection"] = (status, {"message": "no"})
    assert levels(spoofing.examine(patient(fake))) == {"spoofing.public": level}


def test_one_cause_is_one_wrong_finding() -> None:
    with socket.create_server(("localhost", 0)) as closed:
        url = f"http://localhost:{closed.getsockname()[1]}/"
    remote = Remote(Whereabouts(base_url=url, issuer=url), Identity("c1", NoAuthentication()))
    findings = found(table.examined(Patient(remote, None)))
    assert [name for name, finding in findings.items() if finding.level == BAD] == ["reach"]
    assert findings["reach"].text.startswith("reach: could not be examined: no answer")
    assert findings["tls"].level == findings["keys"].level == SKIPPED


def examined(port: int, trusted: Path | None) -> dict[str, str]:
    """What is found at this address, as if it were the issuer's."""
    url = f"https://localhost:{port}/"
    remote = Remote(Whereabouts(base_url=url, ca_file=trusted), Identity("c1", NoAuthentication()))
    remote._discovered = {"issuer": url}
    try:
        return {check.rpartition(".")[2]: level for check, level in levels(tls.examine(Patient(remote, None))).items()}
    finally:
        remote.close()
