"""`tallystick call`, and `--dpop`: what goes to the API, and what is told of its answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from tallystick.cli.exits import NOT_FOUND, NOT_PERMITTED, OK, USAGE
from tests.application import decoded

from .conftest import Cli, FakeServer

TOKEN = "POST /oauth/token"
BOUND = (200, {"access_token": "bound", "token_type": "DPoP"})


@pytest.fixture
def api(fake: FakeServer) -> str:
    fake.answers["GET /api"] = fake.answers["POST /api"] = (200, b"the body")
    return fake.url + "api"


def test_the_body_is_on_stdout_and_the_status_on_stderr(
    cli: Cli, fake: FakeServer, at_fake: list[str], api: str
) -> None:
    ran = cli("call", api, "--audience", "a", "--scope", "b c", *at_fake)
    assert (ran.code, ran.out, ran.err) == (OK, "the body", "HTTP 200 OK\n")
    form = b"grant_type=client_credentials&audience=a&scope=b+c&client_id=c1&client_secret=hush"
    assert [asked[2] for asked in fake.asked if asked[1] == "/oauth/token"] == [form]
    assert fake.asked[-1][3]["Authorization"] == "Bearer opaque"


def test_json_has_status_headers_and_body(cli: Cli, fake: FakeServer, at_fake: list[str], api: str) -> None:
    fake.answers["GET /api"] = (200, {"a": 1})
    told = cli("call", api, "--json", *at_fake).json()
    assert (told["status"], told["body"], told["headers"]["x-correlation-id"]) == (200, {"a": 1}, "c0ffee")


def test_method_body_and_headers(cli: Cli, fake: FakeServer, at_fake: list[str], api: str, tmp_path: Path) -> None:
    (tmp_path / "body").write_bytes(b"\x00\xff")
    for arguments, expected in (
        (["-d", "a=b"], ("POST", b"a=b", "application/x-www-form-urlencoded")),
        (["-d", "@body", "-H", "content-type: x/y"], ("POST", b"\x00\xff", "x/y")),
        (["-X", "POST", "-H", "Content-Type:z"], ("POST", b"", "z")),
    ):
        assert cli("call", api, *arguments, *at_fake).code == OK
        method, _, body, headers = fake.asked[-1]
        assert (method, body, headers["Content-Type"]) == expected


def test_a_refusal_is_told_by_the_challenge(cli: Cli, fake: FakeServer, at_fake: list[str], api: str) -> None:
    fake.answers["GET /api"] = (404, b"not there")
    ran = cli("call", api, *at_fake)
    assert (ran.code, ran.out) == (NOT_FOUND, "not there")
    assert "error: HTTP 404 Not Found\n" in ran.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["http://api.example/"],
        ["nowhere"],
        ["https://api.example/", "-H", "no colon"],
        ["https://api.example/", "-d", "@missing"],
        ["https://api.example/", "--dpop", "missing.pem"],
    ],
)
def test_what_cannot_be_called_is_wrong_usage(cli: Cli, at_fake: list[str], arguments: list[str]) -> None:
    assert cli("call", *arguments, *at_fake).code == USAGE


def test_rfc9449_7_1_a_bound_token_goes_with_a_proof(cli: Cli, fake: FakeServer, at_fake: list[str], api: str) -> None:
    fake.answers[TOKEN] = BOUND
    assert cli("keygen", "--alg", "ES256", "--out", "dpop.pem").code == OK
    keys = set()
    for dpop in ("dpop.pem", "dpop.pem", "new", "new"):
        assert cli("call", api + "?q=1", "--dpop", dpop, *at_fake).code == OK
        sent = fake.asked[-1][3]
        header, claims = decoded(sent["DPoP"])
        assert sent["Authorization"] == "DPoP bound"
        assert (claims["htm"], claims["htu"]) == ("GET", api)
        assert "ath" in claims
        keys.add(header["jwk"]["x"])
    assert len(keys) == 3


def test_rfc9449_5_a_token_that_is_not_bound_is_not_taken_for_one(cli: Cli, at_fake: list[str]) -> None:
    ran = cli("token", "--dpop", "new", *at_fake)
    assert (ran.code, ran.out) == (1, "")
    assert "not bound to the key" in ran.err
    assert "proof_of_possession" in ran.err


def test_the_management_application_calls_its_own_api_by_default(
    cli: Cli, fake: FakeServer, tmp_path: Path, api: str
) -> None:
    (tmp_path / "data").mkdir()
    management = '{"audience": "its own", "client_id": "m", "client_secret": "s"}'
    (tmp_path / "data" / "bootstrap.json").write_text(f'{{"issuer": "{fake.url}", "management": {management}}}')
    assert cli("call", api).code == OK
    assert b"audience=its+own" in next(asked[2] for asked in fake.asked if asked[1] == "/oauth/token")


def test_an_application_that_the_server_does_not_know(cli: Cli, fake: FakeServer, at_fake: list[str], api: str) -> None:
    fake.answers[TOKEN] = (401, {"error": "invalid_client", "error_description": "no", "correlation_id": "abc"})
    ran = cli("call", api, *at_fake)
    assert (ran.code, ran.out) == (NOT_PERMITTED, "")
    assert "tallystick explain abc" in ran.err
