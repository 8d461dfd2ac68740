"""The systemd unit: systemd itself understands it, finds it hardened, and stops the server as the server wants."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from configparser import RawConfigParser
from pathlib import Path

import pytest

from tallystick.front.worker import LIFE_AFTER_STOP_S
from tallystick.settings import BY_NAME, load_settings

from .place import FILES, filled

UNIT = "systemd/tallystick.service"
EXPOSURE_MAX = 1.1
"""Of 10, as `systemd-analyze security` counts; what is left is mainly the network."""
PROGRAM = "/opt/tallystick/bin/tallystick"


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit with a program that is there."""
    here = {PROGRAM: Path(sys.prefix) / "bin" / "tallystick", "/opt/tallystick/docs": FILES.parent / "docs"}
    file = tmp_path / "tallystick.service"
    file.write_text(filled(UNIT, here))
    return file


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    """`systemd-analyze`; systemd need not run."""
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False)


def service() -> dict[str, str]:
    """Settings of the unit's [Service]; of repeated ones the last."""
    parser = RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's names have capitals
    parser.read(FILES / UNIT)
    return dict(parser["Service"])


def test_systemd_understands_the_unit(unit: Path) -> None:
    done = analyze("verify", "--man=no", str(unit))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_unit_is_hardened(unit: Path) -> None:
    threshold = f"--threshold={round(EXPOSURE_MAX * 10)}"
    done = analyze("security", "--offline=yes", "--no-pager", threshold, str(unit))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "exposure level" in done.stdout


def test_a_stop_leaves_time_to_finish() -> None:
    told = service()
    # mixed: the supervisor alone gets SIGTERM, for workers that were told by themselves would stop accepting too early.
    assert told["KillMode"] == "mixed"
    assert int(told["TimeoutStopSec"]) > LIFE_AFTER_STOP_S
    assert told["ExecReload"].split()[1:] == ["-HUP", "$MAINPID"]


def test_the_settings_beside_it_are_settings(tmp_path: Path) -> None:
    file = FILES / "systemd" / "tallystick.toml"
    told = load_settings({}, {}, file)
    assert str(told.data) == f"/var/lib/{service()['StateDirectory']}"
    assert Path(tomllib.loads(file.read_text())["unix_socket"]).parent == Path("/run") / service()["RuntimeDirectory"]


def test_the_variables_beside_it_are_settings() -> None:
    lines = (FILES / "systemd" / "tallystick.env").read_text().splitlines()
    names = [line.strip("#").partition("=")[0] for line in lines if "TALLYSTICK_" in line]
    assert len(names) == 3
    assert {name.removeprefix("TALLYSTICK_").lower() for name in names} <= set(BY_NAME)


def test_systemd_knows_the_user() -> None:
    command = ["systemd-sysusers", "--dry-run", str(FILES / "systemd" / "sysusers.conf")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    created = re.findall(r"Creating (user|group) '([^']+)'", done.stdout + done.stderr)
    assert set(created) == {("user", service()["User"]), ("group", service()["Group"])}
