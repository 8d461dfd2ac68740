"""``explain`` and ``debug`` as commands: what people see, what scripts get, and how they end."""

from __future__ import annotations

import io
import sys
from typing import Any

import pytest

from tallystick.cli.exits import FAILED, NOT_FOUND, OK, USAGE
from tallystick.cli.rule_table import print_rules, with_date
from tests.cli.conftest import Cli, FakeServer

ROW: dict[str, Any] = {
    "log_id": "90020261124" + "0" * 20,
    "date": "2026-11-24T06:26:05.728Z",
    "type": "feccft",
    "description": "Client authentication failed.",
    "ip": "192.0.2.1",
    "details": {
        "check": "private_key_jwt.exp_past",
        "error": "invalid_client",
        "presented": ["client_assertion"],
        "claimed_client_id": "robot",
        "seconds_past": 300,
        "jwt_claims": {"exp": 1_700_000_000, "sub": "\x1b[31mrobot"},
        "jwt_header": {"alg": "ES256"},
        "server_time_s": 1_700_000_300,
    },
}
RULES: list[dict[str, Any]] = [
    {"rule": "format", "demands": "it is a JWT", "clause": "RFC 7515", "result": "passed"},
    {
        "rule": "aud", "demands": "aud is ours", "clause": "RFC 7523 3", "result": "failed",
        "check": "private_key_jwt.aud", "evidence": {"expected": ["a", "b"]}, "hint": "Name the issuer.",
    },
    {"rule": "once", "demands": "never used", "clause": "RFC 7523 3", "result": "undecided"},
]  # fmt: skip


def test_explain_tells_people_when_who_which_rule_and_what_to_do(
    cli: Cli, fake: FakeServer, at_fake: list[str]
) -> None:
    fake.answers["GET /api/v2/logs"] = (200, [ROW])
    ran = cli("explain", "c0ffee", *at_fake)
    assert (ran.code, ran.err) == (OK, "")
    for told in ("2026-11-24T06:26:05.728Z", "private_key_jwt.exp_past", "RFC 7523 3 (4)", "robot", "192.0.2.1"):
        assert told in ran.out
    assert "1700000000  (2023-11-14 22:13:20 UTC)" in ran.out
    assert "what to do: The assertion has expired." in ran.out
    assert "\x1b" not in ran.out
    assert fake.asked[-1][1] == "/api/v2/logs?q=correlation_id%3A%22c0ffee%22&per_page=10"


def test_explain_takes_a_log_id_and_speaks_json(cli: Cli, fake: FakeServer, at_fake: list[str]) -> None:
    fake.answers[f"GET /api/v2/logs/{ROW['log_id']}"] = (200, ROW)
    told = cli("explain", ROW["log_id"], "--json", *at_fake).json()
    assert (told["check"], told["clause"], told["came"]) == (
        "private_key_jwt.exp_past",
        "RFC 7523 3 (4)",
        1_700_000_000,
    )
    assert told["log"] == ROW


@pytest.mark.parametrize(
    ("registered", "told"),
    [
        (1, "credentials\n  registered  1\n"),
        ([{"kid": "k", "reason": "expired"}], "registered\n  kid=k  reason=expired\n"),
    ],
)
def test_what_is_registered_is_told_as_far_as_the_row_has_it(
    cli: Cli, fake: FakeServer, at_fake: list[str], registered: object, told: str
) -> None:
    details = {"check": "tls_client_auth.subject", "registered": registered, "certificate": {"subject": "CN=x"}}
    fake.answers["GET /api/v2/logs"] = (200, [{**ROW, "details": details}])
    ran = cli("explain", "c0ffee", *at_fake)
    assert ran.code == OK
    assert told in ran.out
    assert "what to do: No live credential" in ran.out


def test_a_check_that_this_version_does_not_know_is_shown_without_a_hint(
    cli: Cli, fake: FakeServer, at_fake: list[str]
) -> None:
    fake.answers["GET /api/v2/logs"] = (200, [{**ROW, "details": {"check": "of.tomorrow"}}])
    ran = cli("explain", "c0ffee", *at_fake)
    assert ran.code == OK
    assert "of.tomorrow" in ran.out
    assert "what to do" not in ran.out


def test_a_row_that_is_no_refusal_says_so(cli: Cli, fake: FakeServer, at_fake: list[str]) -> None:
    fake.answers["GET /api/v2/logs"] = (200, [{**ROW, "type": "seccft", "details": {"method": "private_key_jwt"}}])
    ran = cli("explain", "c0ffee", *at_fake)
    assert ran.code == OK
    assert "not a refusal" in ran.out


@pytest.mark.parametrize("id_", ["c0ffee", 'x" OR *', "ü", "900" + "0" * 28])
def test_there_is_none(cli: Cli, fake: FakeServer, at_fake: list[str], id_: str) -> None:
    fake.answers["GET /api/v2/logs"] = (200, [])
    ran = cli("explain", id_, *at_fake)
    assert (ran.code, ran.out) == (NOT_FOUND, "")


@pytest.mark.parametrize(("accepted", "code"), [(True, OK), (False, FAILED)])
def test_debug_ends_as_the_server_would(
    cli: Cli, fake: FakeServer, at_fake: list[str], tmp_path: Any, accepted: bool, code: int
) -> None:
    answer = {
        "accepted": accepted,
        "check": None if accepted else "private_key_jwt.aud",
        "client": None,
        "rules": RULES,
    }
    fake.answers["POST /api/v2/debug/assertion"] = (200, answer)
    (tmp_path / "assertion").write_text("a.b.c\n")
    ran = cli("debug", "assertion", tmp_path / "assertion", "--application", "robot", *at_fake)
    assert (ran.code, ran.err) == (code, "")
    assert fake.asked[-1][2] == b'{"assertion":"a.b.c","client_id":"robot"}'
    assert cli("debug", "assertion", tmp_path / "assertion", "--json", *at_fake).json() == answer


def test_debug_sends_no_private_key_and_nothing_empty(cli: Cli, at_fake: list[str], tmp_path: Any) -> None:
    (tmp_path / "both.pem").write_text("-----BEGIN PRIVATE KEY-----\n")
    (tmp_path / "empty").write_text("\n")
    assert cli("debug", "certificate", tmp_path / "both.pem", *at_fake).code == USAGE
    assert cli("debug", "assertion", tmp_path / "empty", *at_fake).code == USAGE


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_rules_are_told_in_words_whatever_the_terminal_can_print(
    monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding))
    print_rules(RULES)
    sys.stdout.flush()
    out = written.getvalue().decode(encoding)
    assert [word in out for word in ("passed", "FAILED", "not reached")] == [True] * 3
    assert ("✗" in out) == (encoding == "utf-8")
    assert "check: private_key_jwt.aud" in out
    assert "expected: a b" in out
    assert "what to do: Name the issuer." in out


def test_only_dates_are_told_as_dates() -> None:
    assert with_date("exp", 60) == "60  (1970-01-01 00:01:00 UTC)"
    assert [with_date("exp", value) for value in (1e20, True, "60", -1)] == ["1e+20", "yes", "60", "-1"]
    assert with_date("life_s", 60) == "60"


def test_a_proof_of_possession_is_told_apart_from_the_token(cli: Cli, fake: FakeServer, at_fake: list[str]) -> None:
    details = {
        "check": "dpop.htu",
        "error": "invalid_dpop_proof",
        "expected": ["https://id.example/userinfo"],
        "jwt_claims": {"iss": "https://id.example/"},
        "proof_header": {"typ": "dpop+jwt", "jwk": "(object, 4 members)"},
        "proof_claims": {"htm": "GET", "htu": "https://id.example/other"},
    }
    row = {**ROW, "type": "userinfo_failed", "details": details}
    fake.answers["GET /api/v2/logs"] = (200, [row])
    told = cli("explain", "c0ffee", "--json", *at_fake).json()
    assert (told["came"], told["clause"]) == ("https://id.example/other", "RFC 9449 4.3 (9)")
    shown = cli("explain", "c0ffee", *at_fake).out
    for part in ("proof header", "proof claims", "dpop+jwt", "https://id.example/other"):
        assert part in shown
    assert "evidence" not in shown
