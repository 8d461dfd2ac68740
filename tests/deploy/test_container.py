"""The container file: a linter agrees, what it copies is there and suffices, and what it checks health by works."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]  # ships no type information

from tallystick.settings import BY_NAME
from tests.ports import free_ports

from .deployment import Deployment
from .place import FILES

ROOT = FILES.parent
CONTAINER = FILES / "container"
TEXT = (CONTAINER / "Containerfile").read_text()
INSTRUCTIONS = [
    line for line in re.sub(r"\\\n\s*", "", TEXT).splitlines() if line.strip() and not line.lstrip().startswith("#")
]


def copied() -> list[str]:
    """What is taken from the repository."""
    words = [shlex.split(line)[1:] for line in INSTRUCTIONS if line.startswith("COPY ")]
    return [source for line in words if not line[0].startswith("--from") for source in line[:-1]]


def program(name: str) -> str:
    """A program of the virtual environment."""
    return str(Path(sys.prefix) / "bin" / name)


def test_hadolint_agrees() -> None:
    done = subprocess.run(
        [program("hadolint"), str(CONTAINER / "Containerfile")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_what_is_copied_is_there_and_not_ignored() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    # Everything is ignored but what is named, so that no data and no secret is ever sent to a builder.
    assert lines[0] == "*"
    let_in = [line[1:] for line in lines if line.startswith("!")]
    assert sorted(let_in) == sorted(copied())
    assert all((ROOT / path).exists() for path in let_in)


def test_what_is_copied_is_all_that_the_build_needs(tmp_path: Path) -> None:
    for path in copied():
        target = tmp_path / "build" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / path).is_dir():
            shutil.copytree(ROOT / path, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / path, target)
    command = next(line for line in INSTRUCTIONS if line.startswith("RUN ") and line.endswith(" ."))
    words = shlex.split(command.removeprefix("RUN ").replace("/opt/tallystick/bin/python", sys.executable))
    done = subprocess.run(
        [*words, "--target", str(tmp_path / "installed")],
        cwd=tmp_path / "build",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "installed" / "tallystick" / "storage" / "migrations").is_dir()
    assert (tmp_path / "installed" / "bin" / "tallystick").is_file()


def test_packages_come_from_the_lock_and_are_checked_against_their_hashes() -> None:
    install = next(line for line in INSTRUCTIONS if "--requirement" in line)
    assert {"--require-hashes", "--no-deps", "--only-binary"} <= set(install.split())
    assert "requirements/server.lock" in install.split()


def test_nobody_special_runs_it() -> None:
    assert [line for line in INSTRUCTIONS if line.startswith("USER ")] == ["USER 10001:10001"]
    assert not re.search(r"(?i)secret|password|master_key", "\n".join(INSTRUCTIONS))


def health(environment: dict[str, str]) -> int:
    """The exit status of the health check in a container that has these variables."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TALLYSTICK_")}
    command = [sys.executable, str(CONTAINER / "healthcheck.py")]
    return subprocess.run(command, env={**inherited, **environment}, check=False).returncode


def test_the_health_check_tells_ready_from_not(deployment: Deployment) -> None:
    settings = deployment.proxy.settings(deployment.place)
    environment = {f"TALLYSTICK_{name.upper()}": str(value) for name, value in settings.items()}
    assert health({**environment, "TALLYSTICK_PORT": str(deployment.behind.port)}) == 0
    assert health({**environment, "TALLYSTICK_PORT": str(free_ports(1)[0])}) == 1


def compose() -> dict[str, Any]:
    """The compose file."""
    read: dict[str, Any] = yaml.safe_load((CONTAINER / "compose.yaml").read_text())
    return read


def test_the_compose_file_builds_this_and_sets_what_there_is() -> None:
    service = compose()["services"]["tallystick"]
    assert (CONTAINER / service["build"]["context"] / service["build"]["dockerfile"]).samefile(
        CONTAINER / "Containerfile"
    )
    assert {name.removeprefix("TALLYSTICK_").lower() for name in service["environment"]} <= set(BY_NAME)
    assert set(service["depends_on"]) <= set(compose()["services"])
    mounted = {volume.partition(":")[0] for each in compose()["services"].values() for volume in each["volumes"]}
    assert mounted == set(compose()["volumes"])
