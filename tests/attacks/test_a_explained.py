"""Section A, seen from the other side: `explain` names the exact rule, and `debug` agrees with the endpoint."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tallystick.cli import explain
from tallystick.cli.explain import explained_row
from tests.administrator import Administrator
from tests.application import Application
from tests.attacks.expect import accepted, refused
from tests.attacks.section_a import CASES, Case, Cast, Shown, ask

each_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@pytest.fixture(scope="module")
def cast(admin: Administrator, audience: str, keyed: Application, fapi2: Application, secret: Application) -> Cast:
    return Cast(admin, audience, keyed, fapi2, secret)


def row_of(admin: Administrator, answer: Any) -> dict[str, Any]:
    """What `explain` asks for."""
    correlation_id = answer.json()["correlation_id"]
    (row,) = admin.ask("GET", f'logs?q=correlation_id:"{correlation_id}"')
    return dict(row)


def diagnosed(admin: Administrator, shown: Shown) -> dict[str, Any]:
    """What `debug` says."""
    return dict(admin.ask("POST", "debug/assertion", {"assertion": shown.assertion, **shown.form}))


@each_case
def test_explain_names_the_exact_rule_and_debug_foresees_it(
    cast: Cast, case: Case, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = case.provoke(cast)
    if case.spend_first:
        assert diagnosed(cast.admin, shown)["accepted"] is True
        accepted(ask(shown))
    diagnosis = diagnosed(cast.admin, shown)
    answer = ask(shown)
    refused(answer, "invalid_client")
    row = row_of(cast.admin, answer)
    explained = explained_row(row)
    explain._print(row, explained)
    assert f"what to do: {explained['hint']}" in capsys.readouterr().out
    assert (explained["refused"], explained["check"]) == (True, case.check)
    assert explained["hint"]
    failed = [rule for rule in diagnosis["rules"] if rule["result"] == "failed"]
    assert (diagnosis["accepted"], diagnosis["check"], failed[0]["check"]) == (False, case.check, case.check)
    assert all(rule["hint"] and rule["clause"] for rule in failed)
    signature = shown.assertion.split(".")[2]
    assert len(signature) < 40 or signature not in json.dumps([explained, diagnosis])


def test_debug_spends_nothing_and_a_good_one_passes_every_rule(cast: Cast) -> None:
    shown = Shown(cast.keyed, cast.keyed.good_assertion())
    for _ in range(3):
        diagnosis = diagnosed(cast.admin, shown)
        assert diagnosis["accepted"] is True
        assert {rule["result"] for rule in diagnosis["rules"]} == {"passed"}
        assert [key["signed"] for key in diagnosis["keys"]] == [True]
    accepted(ask(shown))
    assert diagnosed(cast.admin, shown)["check"] == "one_time.spent"


def test_debug_tells_all_that_is_wrong_at_once(cast: Cast) -> None:
    shown = Shown(cast.keyed, cast.keyed.good_assertion(aud="https://victim.example/", iss="x", exp=1, jti=5))
    failed = [rule["check"] for rule in diagnosed(cast.admin, shown)["rules"] if rule["result"] == "failed"]
    assert failed == ["private_key_jwt.iss", "private_key_jwt.aud", "private_key_jwt.exp_past", "jwt.claim.jti"]


def test_the_commands_say_so_too(cast: Cast, tmp_path: Any) -> None:
    server = cast.admin.server
    shown = Shown(cast.keyed, cast.keyed.good_assertion(aud="https://victim.example/"))
    (tmp_path / "assertion").write_text(shown.assertion + "\n")
    command = [sys.executable, "-m", "tallystick"]

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        options = ["--data", str(server.data)]
        return subprocess.run([*command, *arguments, *options], capture_output=True, text=True, check=False)

    debugged = run("debug", "assertion", str(tmp_path / "assertion"))
    assert (debugged.returncode, debugged.stderr) == (1, "")
    assert "verdict: refused by private_key_jwt.aud" in debugged.stdout
    assert "FAILED" in debugged.stdout
    correlation_id = ask(shown).json()["correlation_id"]
    explained = run("explain", correlation_id, "--json")
    assert explained.returncode == 0, explained.stderr
    told = json.loads(explained.stdout)
    assert (told["check"], told["came"]) == ("private_key_jwt.aud", "https://victim.example/")
    assert server.issuer in told["expected"]
    by_log_id = run("explain", told["log"]["log_id"])
    assert by_log_id.returncode == 0
    assert "private_key_jwt.aud" in by_log_id.stdout
    assert run("explain", "0" * 24).returncode == 4
    signature = shown.assertion.rpartition(".")[2]
    assert signature not in debugged.stdout + explained.stdout + by_log_id.stdout
