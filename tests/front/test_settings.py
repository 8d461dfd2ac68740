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
        ({"port": 65536}, {}, "", "port"),
        ({"port": 1, "mtls_port": 1}, {}, "", "mtls_port"),
        ({}, {"TALLYSTICK_INSECURE_HTTP": "maybe"}, "", "TALLYSTICK_INSECURE_HTTP"),
        ({"log_level": "loud"}, {}, "", "log_level"),
        ({"host": ""}, {}, "", "host"),
        ({"tls_cert": "a"}, {}, "", "tls_key"),
        ({"insecure_http": True, "tls_cert": "a", "tls_key": "b"}, {}, "", "insecure_http"),
        ({"behind_proxy": True}, {}, "", "behind_proxy"),
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
    settings = load_settings({}, environ)
    for shown in (repr(settings), str(settings), f"{settings}", str(settings.__rich_repr__())):
        assert "canary" not in shown
    assert pickle.loads(pickle.dumps(settings)) == settings
    assert settings.master_key == "canary-1"


def test_master_key_is_no_option() -> None:
    with pytest.raises(StartupError, match="master-key"):
        load_settings({"master_key": "a"}, {})
    assert [field.name for field in FIELDS if field.secret] == ["proxy_key", "master_key"]
    assert BY_NAME["mtls_port"].option == "--mtls-port"
