"""`tallystick introspect` and `tallystick revoke`: what is asked of a token in hand, and what is told of the answer."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from tallystick.cli.exits import FAILED, INACTIVE, NOT_PERMITTED, OK, USAGE
from tests.application import decoded

from .conftest import Cli, FakeServer

INTROSPECT, REVOKE = "POST /introspect", "POST /revoke"
URL = ["--url", "https://api.example/things?q=1"]
ACTIVE = {"active": True, "client_id": "c1", "exp": 1_900_000_000, "cnf": {"jkt": "abc"}}
OVER = "eyJhbGciOiJFUzI1NiJ9.eyJleHAiOjE3OTAwMDAwMDB9.AAAA"
"""A JWT whose exp is in September 2026."""


@pytest.fixture(autouse=True)
def endpoints(fake: FakeServer) -> None:
    discovery: Any = fake.answers["GET /.well-known/openid-configuration"]
    discovery[1].update(introspection_endpoint=fake.url + "introspect", revocation_endpoint=fake.url + "revoke")
    fake.answers[INTROSPECT] = (200, ACTIVE)
    fake.answers[REVOKE] = (200, b"")


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What the command reads; nothing, until something is written."""
    text = io.StringIO()
    monkeypatch.setattr("sys.stdin", text)
    return text


def sent(fake: FakeServer) -> dict[str, list[str]]:
    """The last form."""
    return parse_qs(fake.asked[-1][2].decode())


def told_of(fake: FakeServer, **proof: Any) -> None:
    """Have the server refuse the request."""
    fake.answers[INTROSPECT] = (200, {"active": False, "proof": proof})


def test_what_a_token_says_with_its_dates(cli: Cli, fake: FakeServer, at_fake: list[str]) -> None:
    ran = cli("introspect", "the-token", *at_fake)
    assert (ran.code, ran.err) == (OK, "")
    assert ran.out.split("\n")[0].split() == ["active", "yes"]
    assert "exp         1900000000  (2030-03-17 17:46:40 UTC)\n" in ran.out
    assert "cnf.jkt     abc\n" in ran.out
    assert sent(fake) == {"token": ["the-token"], "client_id": ["c1"], "client_secret": ["hush"]}
    assert cli("introspect", "the-token", "--json", *at_fake).json() == ACTIVE


def test_a_token_comes_from_stdin_where_no_process_list_has_it(
    cli: Cli, fake: FakeServer, at_fake: list[str], stdin: io.StringIO
) -> None:
    for command in ("introspect", "revoke"):
        stdin.seek(0)
        stdin.write("the-token\n")
        stdin.seek(0)
        assert cli(command, "-", "--hint", "refresh_token", *at_fake).code == OK
        assert (sent(fake)["token"], sent(fake)["token_type_hint"]) == (["the-token"], ["refresh_token"])


@pytest.mark.parametrize("command", ["introspect", "revoke"])
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-"], "there is no token"),
        (["pasted.txt"], "- < pasted.txt"),
        (["Bearer abc"], "leave out what stands before it"),
        (["abc", "--hint", "id_token"], "not id_token"),
    ],
)
def test_what_is_no_token_is_sent_nowhere(
    cli: Cli, fake: FakeServer, at_fake: list[str], stdin: io.StringIO, command: str, arguments: list[str], said: str
) -> None:
    Path("pasted.txt").write_text("abc")
    ran = cli(command, *arguments, *at_fake)
    assert (ran.code, ran.out) == (USAGE, "")
    assert said in ran.err
    assert "abc" not in ran.err
    assert not fake.asked


def test_rfc7662_2_2_not_active_has_a_status_of_its_own(cli: Cli, fake: FakeServer, at_fake: list[str]) -> None:
    fake.answers[INTROSPECT] = (200, {"active": False})
    ran = cli("introspect", "opaque", *at_fake)
    assert (ran.code, ran.out) == (INACTIVE, "active   no\n")
    assert "as far as c1 may know" in ran.err
    assert "resource_server" in ran.err
    assert "correlation id: c0ffee" in ran.err
    assert "exp it was over at 2026-09-21 14:13:20 UTC" in cli("introspect", OVER, *at_fake).err
    assert cli("introspect", OVER, "--json", *at_fake).json() == {"active": False}
    for more in (URL, ["--required-scope", "a"]):
        assert "is judged for the API" in cli("introspect", "opaque", *more, *at_fake).err


def test_a_request_is_handed_on_as_it_was_received(
    cli: Cli, fake: FakeServer, at_fake: list[str], tmp_path: Path
) -> None:
    fake.answers[INTROSPECT] = (200, {**ACTIVE, "scope": "a b", "acr": "y", "proof": {"bound_by": None}})
    (tmp_path / "proof").write_text("the.proof\n")
    (tmp_path / "cert").write_text("PEM")
    shown = ["--proof", "proof", "--client-certificate", "cert", "--needs-nonce", "-X", "post"]
    demanded = ["--required-scope", "a b", "--acr-values", "x y"]
    ran = cli("introspect", "t", *URL, *shown, *demanded, *at_fake)
    assert ran.code == OK, ran.err
    form = {name: values[0] for name, values in sent(fake).items()}
    assert (form["token_scheme"], form["htm"], form["htu"]) == ("DPoP", "POST", URL[1])
    assert (form["dpop"], form["client_certificate"], form["nonce_required"]) == ("the.proof", "PEM", "true")
    assert (form["required_scope"], form["acr_values"]) == ("a b", "x y")
    assert cli("introspect", "t", *URL, *at_fake).code == OK
    assert sent(fake)["token_scheme"] == ["Bearer"]
    assert cli("introspect", "t", *URL, "--scheme", "DPoP", *at_fake).code == OK
    assert sent(fake)["token_scheme"] == ["DPoP"]


def test_a_server_that_passes_over_the_request_is_not_believed(cli: Cli, fake: FakeServer, at_fake: list[str]) -> None:
    ran = cli("introspect", "t", *URL, *at_fake)
    assert (ran.code, ran.out) == (FAILED, "")
    assert "did not judge the request" in ran.err
    assert cli("introspect", "t", "--required-scope", "a", *at_fake).code == FAILED


def test_rfc9449_8_a_proof_is_made_and_once_more_with_the_nonce(cli: Cli, fake: FakeServer, at_fake: list[str]) -> None:
    told_of(fake, error="use_dpop_nonce", dpop_nonce="n-1")
    ran = cli("introspect", "t", *URL, "--dpop", "new", *at_fake)
    proofs = [parse_qs(asked[2].decode())["dpop"][0] for asked in fake.asked if asked[1] == "/introspect"]
    claims = [decoded(proof)[1] for proof in proofs]
    assert [claim.get("nonce") for claim in claims] == [None, "n-1"]
    assert {(claim["htm"], claim["htu"]) for claim in claims} == {("GET", "https://api.example/things")}
    assert all("ath" in claim for claim in claims)
    assert ran.code == INACTIVE


def test_a_request_that_is_refused_says_what_to_do(cli: Cli, fake: FakeServer, at_fake: list[str]) -> None:
    for error, hint in (
        ("insufficient_scope", "granted"),
        ("insufficient_user_authentication", "sign in again"),
        ("another", ""),
    ):
        told_of(fake, error=error, error_description="Why.", status=401)
        ran = cli("introspect", "t", *URL, *at_fake)
        assert ran.code == INACTIVE
        assert f"error: not good for this request: {error}: Why.\n" in ran.err
        assert hint in ran.err
        assert "proof.status              401\n" in ran.out


def test_a_proof_that_holds_was_seen_before(cli: Cli, fake: FakeServer, at_fake: list[str], tmp_path: Path) -> None:
    (tmp_path / "jwt").write_text(OVER)
    told_of(fake, error="invalid_dpop_proof")
    assert "hint: dpop.replayed: " in cli("introspect", "opaque", *URL, "--dpop", "new", *at_fake).err
    assert "hint: dpop.typ " in cli("introspect", "opaque", *URL, "--proof", "jwt", *at_fake).err
    assert "hint: " not in cli("introspect", "opaque", *URL, *at_fake).err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--dpop", "new"],
        ["--scheme", "DPoP"],
        ["--needs-nonce"],
        ["--client-certificate", "key.pem"],
        [*URL, "--client-certificate", "key.pem"],
        [*URL, "--proof", "missing"],
        [*URL, "--proof", "-"],
        [*URL, "--proof", "key.pem", "--dpop", "new"],
        ["--url", "api.example/things"],
        ["--max-age", "-1"],
    ],
)
def test_what_cannot_be_judged_is_wrong_usage_and_no_key_leaves(
    cli: Cli, fake: FakeServer, at_fake: list[str], stdin: io.StringIO, arguments: list[str]
) -> None:
    cli("keygen", "--alg", "ES256", "--out", "key.pem")
    ran = cli("introspect", "t", *arguments, *at_fake)
    assert (ran.code, ran.out) == (USAGE, "")
    assert "POST" not in {asked[0] for asked in fake.asked}


def test_rfc9701_who_wants_a_signature_takes_nothing_without(cli: Cli, fake: FakeServer, at_fake: list[str]) -> None:
    ran = cli("introspect", "t", "--signed", *at_fake)
    assert (ran.code, ran.out) == (FAILED, "")
    assert "not signed" in ran.err


def test_who_forgets_to_say_who_asks_hears_whom_it_was_taken_for(cli: Cli, fake: FakeServer, tmp_path: Path) -> None:
    fake.answers[INTROSPECT] = (200, {"active": False})
    (tmp_path / "data").mkdir()
    management = '{"audience": "its own", "client_id": "m", "client_secret": "s"}'
    (tmp_path / "data" / "bootstrap.json").write_text(f'{{"issuer": "{fake.url}", "management": {management}}}')
    assert "that is the management application; --client-id" in cli("introspect", "opaque").err


def test_rfc7009_2_2_success_is_not_taken_for_more_than_it_is(cli: Cli, fake: FakeServer, at_fake: list[str]) -> None:
    ran = cli("revoke", "the-token", *at_fake)
    assert (ran.code, ran.out) == (OK, "")
    assert "as it takes what it does not know (RFC 7009 2.2)" in ran.err
    assert sent(fake)["token"] == ["the-token"]
    assert cli("revoke", "the-token", "--json", *at_fake).json() == {"status": 200, "client_id": "c1"}


def test_a_refusal_is_told_and_the_token_is_not(cli: Cli, fake: FakeServer, at_fake: list[str]) -> None:
    fake.answers[REVOKE] = fake.answers[INTROSPECT] = (401, {"error": "invalid_client", "error_description": "no"})
    for command in ("introspect", "revoke"):
        ran = cli(command, "the-token", *at_fake)
        assert (ran.code, ran.out) == (NOT_PERMITTED, "")
        assert "the-token" not in ran.err
        nothing = cli(command, "the-token", "--domain", fake.url, "--client-id", "c1")
        assert "nothing was given to prove it" in nothing.err
