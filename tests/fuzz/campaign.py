"""One campaign: an application of its own with every scope, schemathesis as a process, and what came of it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from tests.administrator import Administrator, unique
from tests.server import Server, running_server

ROOT = Path(__file__).parents[2]
CONFIG = Path(__file__).with_name("schemathesis.toml")
CAMPAIGN_S_MAX = 3600


@dataclass(frozen=True)
class Outcome:
    """What a campaign found."""

    report: dict[str, Any]
    answers: dict[str, Counter[int]]
    """Operation → status → how often."""
    output: str

    @property
    def cases(self) -> int:
        """How many were sent and held against the document."""
        return int(self.report["test_cases"]["generated"])

    @property
    def findings(self) -> int:
        """How many different failures there were, and operations that could not be tried."""
        return int(self.report["test_cases"]["unique_failures"]) + int(self.report["operations"]["errored"])

    def never(self, *statuses: int) -> list[str]:
        """Operations that answered none of the statuses."""
        return sorted(label for label, seen in self.answers.items() if not any(seen[status] for status in statuses))


@contextmanager
def fresh_server(directory: Path) -> Iterator[Server]:
    """A server that a campaign may spoil. It takes domains on its operator's word: nobody makes TXT records here."""
    with running_server(directory, workers=1, arguments=("--custom-domain-verification", "none")) as server:
        yield server


def run(server: Server, directory: Path, arguments: Sequence[str]) -> Outcome:
    """Run schemathesis with these arguments against the server."""
    report, counts, basis = (directory / name for name in ("report.json", "counts.json", "basis.json"))
    caller = _caller(server)
    api = f"{server.issuer}api/v2"
    basis.write_bytes(
        msgspec.json.encode({**caller, "api": api, "ca_file": str(server.ca_file), "counts": str(counts)})
    )
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run", f"{api}/openapi.json"]
    command += ["--tls-verify", str(server.ca_file), "--header", f"Authorization: Bearer {caller['token']}"]
    command += ["--report", "json", "--report-json-path", str(report), "--no-color", "--continue-on-failure"]
    environment = {**os.environ, "TALLYSTICK_FUZZ_BASIS": str(basis), "NO_PROXY": "localhost", "no_proxy": "localhost"}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    done = subprocess.run(
        [*command, *arguments], cwd=directory, env=environment, capture_output=True, text=True, timeout=CAMPAIGN_S_MAX
    )
    if not report.exists():
        told = done.stdout[-4000:] + done.stderr[-4000:]
        raise AssertionError(f"schemathesis ended with {done.returncode}:\n{told}")
    return Outcome(msgspec.json.decode(report.read_bytes()), _by_operation(counts), done.stdout)


def _caller(server: Server) -> dict[str, Any]:
    """An application that may call everything, and what it stands on."""
    admin = Administrator(server)
    management = server.bootstrap["management"]
    client = admin.client(name=unique("fuzz"))
    body = {"client_id": client["client_id"], "audience": management["audience"], "allow_all_scopes": True}
    grant = admin.made("POST", "client-grants", body)
    answer = admin.http.post(
        "oauth/token",
        data={
            "grant_type": "client_credentials",
            "client_id": client["client_id"],
            "client_secret": client["client_secret"],
            "audience": management["audience"],
        },
    )
    assert answer.status_code == 200, answer.text
    kids = [key["kid"] for key in admin.ask("GET", "keys/signing")]
    protected = [client["client_id"], management["client_id"], grant["id"], *kids]
    return {"token": answer.json()["access_token"], "protected": protected}


def _by_operation(counts: Path) -> dict[str, Counter[int]]:
    answers: dict[str, Counter[int]] = {}
    for key, count in msgspec.json.decode(counts.read_bytes()).items():
        label, _, status = key.rpartition(" ")
        answers.setdefault(label, Counter())[int(status)] += count
    return answers
