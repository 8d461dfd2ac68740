"""Which server, and who to be there."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tallystick.cli.configured import settings_of
from tallystick.cli.exits import UNREACHABLE, USAGE, Failed
from tallystick.cli.identity import identity_of
from tallystick.cli.options import METHODS, Given
from tallystick.cli.remote import check_issuer
from tallystick.cli.whereabouts import Whereabouts, base_url_of, find_server
from tallystick.errors import StartupError
from tallystick.jose.private_keys import generate_private_key, private_key_to_pem

ISSUER = "https://localhost:8443/"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory as a server leaves it."""
    (tmp_path / "tls").mkdir()
    (tmp_path / "tls" / "ca.pem").write_text("")
    management = {"client_id": "mgmt", "client_secret": "hush", "audience": ISSUER + "api/v2/"}
    content = {"issuer": ISSUER, "domain": "localhost:8443", "ca_file": "/elsewhere/tls/ca.pem"}
    (tmp_path / "bootstrap.json").write_text(json.dumps(content | {"management": management}))
    return tmp_path


def test_the_data_directory_says_everything_even_when_it_was_moved(data: Path) -> None:
    server = find_server(Given(data=data))
    assert server.base_url == server.issuer == ISSUER
    assert server.ca_file == data / "tls" / "ca.pem"
    identity = identity_of(Given(data=data), server)
    assert (identity.client_id, identity.method.name) == ("mgmt", "client_secret_post")
    assert "hush" not in repr(server) + repr(identity)


def test_an_empty_client_id_is_nobody_and_never_the_management_application(data: Path) -> None:
    """A shell makes one of a variable that is not set."""
    given = Given(data=data, client_id="")
    with pytest.raises(Failed, match="--client-id") as failed:
        identity_of(given, find_server(given))
    assert failed.value.exit_code == USAGE


def test_of_a_secret_and_a_key_none_is_passed_over(data: Path) -> None:
    """The secret may be in the environment, forgotten; the key is what was typed."""
    server = find_server(Given(data=data))
    given = Given(client_id="c1", client_secret="hush", key=Path("key.pem"))
    with pytest.raises(Failed, match="both") as failed:
        identity_of(given, server)
    assert "--method private_key_jwt" in failed.value.hint
    assert identity_of(replace(given, method="client_secret_post"), server).method.name == "client_secret_post"
    certified = replace(given, cert=Path("certificate.pem"))
    assert identity_of(certified, server).method.name == "client_secret_post", "the key is the certificate's"


def test_help_names_every_method(data: Path) -> None:
    server = find_server(Given(data=data))
    with pytest.raises(Failed) as failed:
        identity_of(Given(client_id="c1", method="guess"), server)
    assert failed.value.message.endswith(", ".join(METHODS))


def test_a_ca_that_is_not_there_yet_is_not_taken_for_one_that_is_not_trusted(data: Path) -> None:
    (data / "tls" / "ca.pem").unlink()
    with pytest.raises(Failed, match=r"ca\.pem") as failed:
        find_server(Given(data=data))
    assert failed.value.exit_code == UNREACHABLE
    assert "--ca-file" in failed.value.hint
    assert find_server(Given(data=data, ca_file=data / "mine.pem")).ca_file == data / "mine.pem"


def test_a_domain_alone_never_gets_the_secret_of_the_data_directory(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(data)
    (data / "data").symlink_to(data)
    assert find_server(Given()).management_client_id == "mgmt"
    monkeypatch.chdir("/")
    monkeypatch.setenv("TALLYSTICK_DATA", str(data))
    assert find_server(Given()).management_client_id == "mgmt"
    given = Given(domain="other.example")
    server = find_server(given)
    assert server == Whereabouts("https://other.example/")
    with pytest.raises(Failed, match="--client-id"):
        identity_of(given, server)


def test_no_data_directory_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Failed) as failed:
        find_server(Given(data=tmp_path))
    assert failed.value.exit_code == USAGE
    assert "tallystick serve" in failed.value.hint


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"issuer": 1, "management": []}'])
def test_a_broken_bootstrap_file_is_told_as_such(content: str, tmp_path: Path) -> None:
    (tmp_path / "bootstrap.json").write_text(content)
    with pytest.raises(Failed, match="not what a server wrote"):
        find_server(Given(data=tmp_path))


@pytest.mark.parametrize(
    ("domain", "url"),
    [
        ("as.example", "https://as.example/"),
        ("localhost:8443", ISSUER),
        ("https://as.example", "https://as.example/"),
        ("[::1]:8443", "https://[::1]:8443/"),
        ("http://127.0.0.1:80/", "http://127.0.0.1:80/"),
    ],
)
def test_domain_as_people_write_it(domain: str, url: str) -> None:
    assert base_url_of(domain) == url


@pytest.mark.parametrize(
    "domain",
    [
        *("", "https://", "as.example/path", "as.example?q", "u@as.example", "as.example:0", "as.example:99999"),
        *("ftp://as.example", "http://as.example", "http://10.0.0.1"),
    ],
)
def test_what_is_no_host_is_refused_and_plain_http_stays_here(domain: str) -> None:
    with pytest.raises(Failed):
        base_url_of(domain)


def test_rfc8414_3_3_a_server_cannot_have_us_sign_for_another() -> None:
    check_issuer(Whereabouts("https://as.example/"), "https://as.example/")
    for issuer in ("https://bank.example/", "https://as.example", "https://localhost/", None, 1):
        with pytest.raises(Failed):
            check_issuer(Whereabouts("https://as.example/"), issuer)
    with pytest.raises(Failed):
        check_issuer(Whereabouts("https://localhost:8443/"), "https://bank.example/")


def test_on_this_machine_names_may_differ() -> None:
    check_issuer(Whereabouts("https://127.0.0.1:8444/"), ISSUER)
    check_issuer(Whereabouts("https://localhost:8443/", issuer="https://as.example/"), "https://as.example/")


@pytest.mark.parametrize(
    ("options", "method"),
    [
        ({"client_secret": "s"}, "client_secret_post"),
        ({"client_secret": "s", "method": "client_secret_basic"}, "client_secret_basic"),
        ({"client_secret": "s", "cert": "c", "cert_key": "k"}, "client_secret_post"),
        ({"key": "key.pem"}, "private_key_jwt"),
        ({"key": "key.pem", "cert": "c", "cert_key": "k"}, "private_key_jwt"),
        ({"key": "key.pem", "cert": "c"}, "tls_client_auth"),
        ({"cert": "c"}, "tls_client_auth"),
        ({"cert": "c", "method": "self_signed_tls_client_auth"}, "self_signed_tls_client_auth"),
        ({}, "none"),
    ],
)
def test_the_method_follows_from_what_is_given(options: dict[str, str], method: str, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(private_key_to_pem(generate_private_key("ES256")))
    paths = {name: tmp_path / text for name, text in options.items() if name in ("key", "cert", "cert_key")}
    given = Given(client_id="c1", **{**options, **paths})  # type: ignore[arg-type]  # mixed on purpose
    assert identity_of(given, Whereabouts(ISSUER)).method.name == method


@pytest.mark.parametrize(
    "options",
    [
        {"method": "client_secret_post"},
        {"method": "private_key_jwt"},
        {"method": "tls_client_auth"},
        {"method": "magic"},
        {"key": Path("/nonexistent")},
    ],
)
def test_what_a_method_needs_must_be_given(options: dict[str, object]) -> None:
    given = Given(client_id="c1", **options)  # type: ignore[arg-type]  # mixed on purpose
    with pytest.raises(Failed) as failed:
        identity_of(given, Whereabouts(ISSUER))
    assert failed.value.exit_code == USAGE


def test_a_client_secret_in_the_environment_is_no_unknown_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TALLYSTICK_CLIENT_SECRET", "hush")
    assert settings_of(None, port=1).port == 1
    monkeypatch.setenv("TALLYSTICK_NONSENSE", "1")
    with pytest.raises(StartupError):
        settings_of(None)
