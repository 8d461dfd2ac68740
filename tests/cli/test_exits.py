"""Exit codes and what stands on stdout and stderr when a server refuses."""

from __future__ import annotations

import json

import pytest

from tallystick.cli.exits import FAILED, MEANING, NOT_FOUND, NOT_PERMITTED, OK, UNREACHABLE, USAGE

from .conftest import Cli, FakeServer

CLIENTS = "GET /api/v2/clients"


def test_the_codes_are_all_told_in_help(cli: Cli) -> None:
    for arguments in (["--help"], ["clients", "--help"], ["serve", "--help"], ["logs", "show", "--help"]):
        ran = cli(*arguments)
        assert ran.code == OK
        text = " ".join(ran.out.split())
        assert "Exit codes: 0 done; 1 failed" in text
        assert MEANING[USAGE] in text


@pytest.mark.parametrize(
    ("status", "body", "code", "message"),
    [
        (400, {"error": "Bad Request", "message": "bad", "errorCode": "invalid_body"}, FAILED, "invalid_body: bad"),
        (401, {"error": "Unauthorized", "message": "expired"}, NOT_PERMITTED, "Unauthorized: expired"),
        (403, {"message": "no", "errorCode": "insufficient_scope"}, NOT_PERMITTED, "insufficient_scope: no"),
        (404, {"message": "none", "errorCode": "inexistent_client"}, NOT_FOUND, "inexistent_client: none"),
        (409, {"error": "Conflict", "message": "there"}, FAILED, "Conflict: there"),
        (503, b"<html>", FAILED, "HTTP 503 Service Unavailable"),
        (200, b"<html>", FAILED, "JSON"),
    ],
)
def test_a_refusal_of_the_management_api(
    status: int, body: object, code: int, message: str, cli: Cli, fake: FakeServer, at_fake: list[str]
) -> None:
    fake.answers[CLIENTS] = (status, body)
    ran = cli("clients", "list", "--json", *at_fake)
    assert (ran.code, ran.out) == (code, "")
    assert message in ran.err
    assert status == 200 or "correlation id: c0ffee" in ran.err


def test_a_refusal_of_the_token_endpoint(cli: Cli, fake: FakeServer, at_fake: list[str]) -> None:
    body = {"error": "invalid_client", "error_description": "Client authentication failed.", "correlation_id": "abc"}
    fake.answers["POST /oauth/token"] = (401, body)
    ran = cli("token", "--audience", "a", *at_fake)
    assert (ran.code, ran.out) == (NOT_PERMITTED, "")
    hint = "hint: `tallystick explain abc` says why, to who may read the log\n"
    assert ran.err == f"error: invalid_client: Client authentication failed.\n{hint}correlation id: abc\n"


def test_a_server_cannot_steer_the_terminal(cli: Cli, fake: FakeServer, at_fake: list[str]) -> None:
    fake.answers["POST /oauth/token"] = (400, {"error": "x", "error_description": "\x1b[2J\x07gone"})
    ran = cli("token", *at_fake)
    assert "\x1b" not in ran.err
    assert "?[2J?gone" in ran.err


def test_nobody_answers(cli: Cli, fake: FakeServer, at_fake: list[str]) -> None:
    ran = cli("clients", "list", "--domain", "http://127.0.0.1:1", *at_fake[2:])
    assert (ran.code, ran.out) == (UNREACHABLE, "")
    assert "is the server running?" in ran.err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["clients"],
        ["clients", "show"],
        ["clients", "list", "--nonsense"],
        ["clients", "list"],
        ["token", "--domain", "as.example"],
        ["keygen", "--alg", "HS256"],
        ["keygen", "--alg", "RS256", "--rsa-bits", "1024"],
        ["keygen", "--self-signed", "--subject", "nonsense"],
        ["assertion", "--client-id", "c1", "--audience", "a"],
        ["credentials", "add"],
        ["tenants", "create", "name"],
    ],
)
def test_wrong_usage_is_2_and_leaves_stdout_to_help(arguments: list[str], cli: Cli) -> None:
    ran = cli(*arguments)
    assert ran.code == USAGE
    assert ran.out == "" or "Usage" in ran.out
    assert ran.out or ran.err


def test_a_start_up_error_is_one_clear_line(cli: Cli) -> None:
    ran = cli("serve", "--workers", "0")
    assert (ran.code, ran.out) == (FAILED, "")
    assert ran.err == "error: workers must be between 1 and 64\n"


def test_json_is_the_only_thing_on_stdout(cli: Cli, fake: FakeServer, at_fake: list[str]) -> None:
    client = {"client_id": "c1", "name": "näme [bold]", "client_secret": "s"}
    fake.answers |= {"POST /api/v2/clients": (201, client), CLIENTS: (200, [client])}
    created = cli("clients", "create", "näme", "--json", *at_fake)
    assert (created.json(), created.err) == (client, "")
    assert cli("clients", "list", "--json", *at_fake).json() == [client]
    shown = cli("clients", "list", *at_fake)
    assert "näme [bold]" in shown.out
    assert json.loads(fake.asked[2][2]) == {"name": "näme", "app_type": "non_interactive"}
