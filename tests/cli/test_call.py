"""`tallystick call`, and `--dpop`: what goes to the API, and what is told of its answer."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from tallystick.cli.api_refusals import refused_call
from tallystick.cli.exits import FAILED, NOT_FOUND, NOT_PERMITTED, OK, USAGE
from tallystick.jose import base64url
from tallystick.sdk.certificates import thumbprint
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


def test_an_answer_that_leads_elsewhere_says_where() -> None:
    api = httpx.MockTransport(lambda asked: httpx.Response(307, headers={"Location": "/orders"}))
    with httpx.Client(transport=api) as http:
        failed = refused_call(http.get("https://api.example/orders/"))
    assert (failed.exit_code, failed.hint) == (FAILED, "it leads to https://api.example/orders: call that")


@pytest.mark.parametrize(
    "arguments",
    [
        ["http://api.example/"],
        ["nowhere"],
        ["localhost:8443/orders"],
        ["https://api.example/", "-H", "authorization: Bearer mine"],
        ["https://api.example/", "-H", "DPoP: mine"],
        ["https://api.example/", "-H", "no colon"],
        ["https://api.example/", "-d", "@missing"],
        ["https://api.example/", "--dpop", "missing.pem"],
    ],
)
def test_what_cannot_be_called_is_wrong_usage(cli: Cli, at_fake: list[str], arguments: list[str]) -> None:
    assert cli("call", *arguments, *at_fake).code == USAGE


@pytest.mark.parametrize("arguments", [["-X", "GE T"], ["-H", "X: a\nb"]])
def test_what_http_cannot_say_is_no_silence_of_the_server(
    cli: Cli, at_fake: list[str], api: str, arguments: list[str]
) -> None:
    ran = cli("call", api, *arguments, *at_fake)
    assert ran.code == USAGE
    assert "Illegal" in ran.err


def test_a_certificate_without_its_key_says_which_option_has_it(cli: Cli, at_fake: list[str]) -> None:
    assert cli("keygen", "--out", "till.pem", "--self-signed", "--subject", "CN=till").code == OK
    ran = cli("token", "--cert", "till.crt", *at_fake)
    assert ran.code == USAGE
    assert "hint: --key names its key" in ran.err


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


@pytest.mark.parametrize(
    ("code", "description", "hint"),
    [
        ("invalid_request", "A sender-constrained token is required, and this request cannot get one.", "--dpop new"),
        ("invalid_request", "Missing required parameter: audience", "--audience"),
        ("invalid_grant", "The token was not issued to this client.", "--client-id"),
        ("invalid_scope", "Client has not been granted all of the requested scopes.", "blanks between them"),
        ("invalid_target", "A client grant for it is needed.", "tallystick grants create"),
    ],
)
def test_a_refusal_says_what_to_do(
    cli: Cli, fake: FakeServer, at_fake: list[str], code: str, description: str, hint: str
) -> None:
    fake.answers[TOKEN] = (400, {"error": code, "error_description": description, "correlation_id": "abc"})
    ran = cli("token", *at_fake)
    assert hint in ran.err
    assert "tallystick explain abc" in ran.err


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


@pytest.mark.parametrize(("bound", "scheme"), [([], "Bearer"), (["--dpop", "new"], "DPoP")])
def test_a_token_in_hand_is_shown_once_and_nobody_is_asked_for_another(
    cli: Cli, fake: FakeServer, at_fake: list[str], api: str, bound: list[str], scheme: str
) -> None:
    fake.answers["GET /api"] = (401, {"correlation_id": "abc"})
    ran = cli("call", api, "--token", "held", *bound, "--domain", fake.url)
    assert (ran.code, ran.err.splitlines()[-1]) == (NOT_PERMITTED, "correlation id: abc")
    (shown,) = [asked[3] for asked in fake.asked if asked[1] == "/api"]
    assert shown["Authorization"] == f"{scheme} held"
    assert ("DPoP" in shown) == (scheme == "DPoP")
    assert "/oauth/token" not in {asked[1] for asked in fake.asked}
    assert cli("call", api, "--token", "held", "--scope", "a", *at_fake).code == USAGE


def test_what_is_wrong_with_a_token_in_hand_is_seen_here(
    cli: Cli, fake: FakeServer, at_fake: list[str], api: str, tmp_path: Path
) -> None:
    fake.answers["GET /api"] = (401, b"")
    cli("keygen", "--self-signed", "--subject", "CN=nobody")
    bound_to = thumbprint((tmp_path / "key.crt").read_text())
    with (tmp_path / "key.crt").open("a") as file:
        file.write((tmp_path / "key.pem").read_text())
    for claims, shown, hint in (
        ({"exp": 1_790_000_000}, [], "by its own exp it was over at 2026-09-21 14:13:20 UTC"),
        ({"cnf": {"jkt": "abc"}}, ["--dpop", "new"], "possession.key "),
        ({"cnf": {"jkt": "abc"}}, [], "possession.scheme "),
        ({"cnf": {"x5t#S256": "abc"}}, ["--cert", "key.crt"], "possession.certificate (has_certificate yes)"),
        ({"cnf": {"x5t#S256": bound_to}}, ["--cert", "key.crt"], ""),
    ):
        header, payload = (base64url.encode(json.dumps(part).encode()) for part in ({"alg": "ES256"}, claims))
        ran = cli("call", api, "--token", f"{header}.{payload}.AAAA", *shown, *at_fake)
        assert f"hint: {hint}" in ran.err if hint else "hint" not in ran.err


@pytest.mark.parametrize(
    ("challenge", "hint"),
    [
        ('Bearer error="invalid_token"', "tallystick introspect"),
        ('Bearer error="insufficient_scope", scope="a b"', "--scope asks for a b,"),
        ('DPoP error="insufficient_user_authentication", max_age="5", acr_values="x"', "(acr_values x, max_age 5)"),
        ('DPoP error="insufficient_user_authentication"', "(as the API wants it)"),
        ('DPoP error="invalid_dpop_proof"', "clock"),
        ('DPoP error="{scope}"', ""),
    ],
)
def test_a_challenge_says_what_to_do(challenge: str, hint: str) -> None:
    refused = refused_call(httpx.Response(401, headers={"WWW-Authenticate": challenge}, content=b"no"))
    assert hint in refused.hint
    assert (refused.exit_code, bool(refused.hint)) == (NOT_PERMITTED, bool(hint))
