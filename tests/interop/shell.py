"""Runs curl and openssl as a person in a terminal would."""

from __future__ import annotations

import subprocess
from pathlib import Path

RUN_S_MAX = 120


def run(*command: str | Path, stdin: str = "", cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """What the command printed and how it ended."""
    return subprocess.run(
        list(map(str, command)), input=stdin, capture_output=True, text=True, timeout=RUN_S_MAX, cwd=cwd, check=False
    )


def openssl(*arguments: str | Path, cwd: Path) -> str:
    """An openssl command that must succeed, run in a directory; its output."""
    done = run("openssl", *arguments, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout
