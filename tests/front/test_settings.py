"""Settings: precedence, refusals by name, and secrets that stay out of sight."""

from __future__ import annotations

import pickle
from pathlib import Path

import msgspec
import pytest

from tallystick.errors import StartupError
from tallystick.settings import BY_NAME, FIELDS, Settings, load_settings


def test_table_and_struct_agree() -> None:
    struct = {field.name: field.default for field in msgspec.structs.fields(Settings)}
    assert struct == {field.name: field.default for field in FIELDS}


def test_option_beats_environment_beats_file_beats_default(tmp_path: Path) -> None:
    file = tmp_path / "t.toml"
    file.write_text('port = 1\nmtls_port = 2\nworkers = 3\ndata = "d"\n')
    environ = {"TALLYSTICK_PORT": "11", "TALLYSTICK_MTLS_PORT": "12", "HOME": "/", "TALLYSTICK_LOG_LEVEL": ""}
    settings = load_settings({"port": 21, "host": None}, environ, file)
    assert (settings.port, settings.mtls_port, settings.workers) == (21, 12, 3)
    assert (settings.host, settings.log_level) == ("localhost", "info")
    assert settings.data == tmp_path / "d"


def test_environment_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "t.toml").write_text("workers = 7\n")
    assert load_settings({}, {"TALLYSTICK_CONFIG": str(tmp_path / "t.toml")}).workers == 7


@pytest.mark.parametrize(
    ("options", "environ", "toml", "culprit"),
    [
        ({}, {}, "wrokers = 2", "wrokers"),
        ({}, {"TALLYSTICK_WROKERS": "2"}, "", "TALLYSTICK_WROKERS"),
        ({}, {"TALLYSTICK_workers": "2"}, "", "TALLYSTICK_workers"),
        ({"wrokers": 2}, {}, "", "wrokers"),
        ({}, {}, "workers = '2'", "workers"),
        ({}, {}, "workers = true", "workers"),
        ({}, {}, "workers = ", "TOML"),
        ({}, {"TALLYSTICK_WORKERS": "+2"}, "", "TALLYSTICK_WORKERS"),
        ({}, {"TALLYSTICK_WORKERS": "0"}, "", "workers"),
        ({"workers": 65}, {}, "", "workers"),
        ({}, {}, "drain_s = -1", "drain_s"),
        ({"drain_s": 601}, {}, "", "drain_s"),
        ({"port": 65536}, {}, "", "port"),
        ({"port": 1, "mtls_port": 1}, {}, "", "mtls_port"),
        ({}, {"TALLYSTICK_INSECURE_HTTP": "maybe"}, "", "TALLYSTICK_INSECURE_HTTP"),
        ({"log_level": "loud"}, {}, "", "log_level"),
        ({"host": ""}, {}, "", "host"),
        ({"tls_cert": "a"}, {}, "", "tls_key"),
        ({"insecure_http": True, "tls_cert": "a", "tls_key": "b"}, {}, "", "insecure_http"),
        ({"behind_proxy": True}, {}, "", "behind_proxy"),
        ({"outbound_allow": "10.0.0.1/8"}, {}, "", "outbound_allow"),
        ({"outbound_ca": "nowhere.pem"}, {}, "", "outbound_ca"),
        ({}, {"TALLYSTICK_SMTP_URL": "smtps://mail.example"}, "", "mail_from"),
        ({"client_cert_header": "apache"}, {}, "", "client_cert_header"),
        ({"client_cert_header": "RFC9440", "proxy_addresses": "::1"}, {}, "", "client_cert_header"),
        ({"client_cert_header": "rfc9440"}, {}, "", "unix_socket"),
        ({"client_ip_header": "x-forwarded-for"}, {}, "", "proxy_key"),
        ({"client_cert_header": "rfc9440"}, {"TALLYSTICK_PROXY_KEY": "x" * 31}, "", "proxy_key"),
        ({}, {"TALLYSTICK_PROXY_KEY": "x" * 32 + ",short"}, "", "proxy_key"),
        ({}, {"TALLYSTICK_PROXY_KEY": "x" * 32 + ","}, "", "proxy_key"),
        ({}, {"TALLYSTICK_PROXY_KEY": "x" * 32 + " y"}, "", "proxy_key"),
        ({}, {"TALLYSTICK_PROXY_KEY": "x" * 32 + "\u00e9"}, "", "proxy_key"),
        ({"proxy_addresses": "10.0.0.1"}, {}, "", "10.0.0.1"),
        ({"proxy_addresses": "127.0.0.1,192.0.2.1"}, {}, "", "192.0.2.1"),
        ({"proxy_addresses": "127.0.0.0/8"}, {}, "", "127.0.0.0/8"),
        ({"proxy_addresses": "localhost"}, {}, "", "localhost"),
        ({"proxy_addresses": "127.1"}, {}, "", "127.1"),
        ({"proxy_addresses": "0.0.0.0"}, {}, "", "0.0.0.0"),
        ({"proxy_addresses": "::"}, {}, "", "::"),
        ({"proxy_addresses": "::ffff:10.0.0.1"}, {}, "", "10.0.0.1"),
        ({"proxy_addresses": "127.0.0.1,"}, {}, "", "proxy_addresses"),
        ({"proxy_addresses": ""}, {}, "", "proxy_addresses"),
        ({"insecure_http": True, "proxy_certificate": "a.pem"}, {}, "", "proxy_certificate"),
        ({"unix_socket": "s", "unix_socket_mode": "0666"}, {}, "", "unix_socket_mode"),
        ({"unix_socket": "s", "trust_proxy_verification": True}, {}, "", "trust_proxy_verification"),
        (
            {"unix_socket": "s", "client_cert_header": "rfc9440", "trust_proxy_verification": True},
            {},
            "",
            "trust_proxy_verification",
        ),
        ({"unix_socket": "s", "client_ip_header": "host"}, {}, "", "client_ip_header"),
        ({"unix_socket": "s", "client_ip_header": "X-SSL-Client-Cert"}, {}, "", "client_ip_header"),
        ({"unix_socket": "s", "client_ip_header": "x_real_ip"}, {}, "", "client_ip_header"),
        ({"unix_socket": "s", "client_ip_header": "a: b"}, {}, "", "client_ip_header"),
        ({"issuer": "http://a/"}, {}, "", "issuer"),
        ({"issuer": "https://a/b"}, {}, "", "issuer"),
        ({"issuer": "https://a/?"}, {}, "", "issuer"),
        ({"issuer": "https://a/#"}, {}, "", "issuer"),
        ({"issuer": "https://u@a/"}, {}, "", "issuer"),
        ({"issuer": "https://A/"}, {}, "", "issuer"),
        ({"issuer": "https:///"}, {}, "", "issuer"),
        ({"issuer": "https://a:99999/"}, {}, "", "issuer"),
        ({"issuer": " https://a/"}, {}, "", "issuer"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(
    tmp_path: Path, options: dict[str, object], environ: dict[str, str], toml: str, culprit: str
) -> None:
    (tmp_path / "t.toml").write_text(toml)
    with pytest.raises(StartupError) as refused:
        load_settings(options, environ, tmp_path / "t.toml")
    assert culprit in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("options", "environ"),
    [
        ({"client_cert_header": "rfc9440", "proxy_addresses": "127.0.0.1, ::1"}, {}),
        ({"client_cert_header": "rfc9440", "proxy_certificate": "a.pem"}, {}),
        ({"client_cert_header": "envoy", "unix_socket": "s", "insecure_http": True, "unix_socket_mode": "0660"}, {}),
        ({"client_cert_header": "haproxy"}, {"TALLYSTICK_PROXY_KEY": "x" * 32 + ", " + "y" * 32}),
        ({"client_cert_header": "auth0"}, {}),
        ({"client_cert_header": "auth0", "trust_proxy_verification": True}, {}),
        ({"client_cert_header": "nginx", "trust_proxy_verification": True, "unix_socket": "s"}, {}),
        ({"client_ip_header": "X-Forwarded-For", "proxy_addresses": "127.0.0.9"}, {}),
    ],
)
def test_a_proxy_that_can_show_itself_is_taken(options: dict[str, object], environ: dict[str, str]) -> None:
    load_settings(options, environ)


def test_a_refused_key_is_not_repeated() -> None:
    with pytest.raises(StartupError) as refused:
        load_settings({}, {"TALLYSTICK_PROXY_KEY": "canary"})
    assert "canary" not in str(refused.value)


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StartupError, match=r"t\.toml"):
        load_settings({}, {}, tmp_path / "t.toml")


def test_issuer_is_localhost_whatever_the_host_is() -> None:
    assert load_settings({"host": "0.0.0.0", "port": 9443}, {}).issuer_url == "https://localhost:9443/"
    assert load_settings({"port": 0}, {}).bound(4711, 4712).issuer_url == "https://localhost:4711/"
    assert load_settings({"insecure_http": True}, {}).issuer_url == "https://localhost:8443/"


def test_issuer_gets_its_slash() -> None:
    assert load_settings({"issuer": "https://a.example"}, {}).issuer_url == "https://a.example/"
    assert load_settings({"issuer": "http://a.example:80", "insecure_http": True}, {}).issuer == "http://a.example:80/"


def test_secrets_stay_out_of_sight_and_survive_the_way_to_a_worker() -> None:
    environ = {"TALLYSTICK_MASTER_KEY": "canary-1", "TALLYSTICK_DATABASE": "postgresql://u:canary-2@h/d"}
    environ["TALLYSTICK_PROXY_KEY"] = "canary-3" * 8
    environ |= {"TALLYSTICK_SMTP_URL": "smtps://post:canary-4@mail.example", "TALLYSTICK_MAIL_FROM": "a@b.example"}
    settings = load_settings({}, environ)
    for shown in (repr(settings), str(settings), f"{settings}", str(settings.__rich_repr__())):
        assert "canary" not in shown
    assert pickle.loads(pickle.dumps(settings)) == settings
    assert settings.master_key == "canary-1"


def test_master_key_is_no_option() -> None:
    with pytest.raises(StartupError, match="master-key"):
        load_settings({"master_key": "a"}, {})
    with pytest.raises(StartupError, match="proxy-key"):
        load_settings({"proxy_key": "a" * 40}, {})
    assert [field.name for field in FIELDS if field.secret] == ["proxy_key", "smtp_url", "master_key"]
    assert BY_NAME["mtls_port"].option == "--mtls-port"
