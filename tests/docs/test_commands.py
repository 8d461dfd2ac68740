"""What the documentation tells people to type works, in the order in which it stands there.

Each page gets a fresh server, an empty directory with `.venv`, `data` and `deploy` in it, and one shell:

    ```sh          runs in that shell; a status other than 0 fails the test
    ```sh serve    one command that keeps running until the page's end; the test waits until it serves
    ```python      runs with the virtual environment's Python, in the same directory
    ```text        is only shown
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from tests.ports import free_ports
from tests.postgres import cluster
from tests.server import running_server

from .pages import KINDS, PAGES, PYTHON, ROOT, RUN, SERVE, TEXT, Block, blocks, name_of
from .ready_commands import make_environment, ready_commands

EXEMPT = {
    "make run": "sets up this very environment; the page's commands run against the server it would start",
    ".venv/bin/pip install auth0-python": "needs a network; the lock of `make test` has the package",
}
"""Commands that stand in `sh` blocks and are left out, with the reason."""

DATABASE = "postgresql://tallystick:secret@localhost/tallystick"
PORTS = ("8443", "8444", "9443", "9444", "9464", "9543", "9544", "10443")
"""The ports that pages speak of; the first two are the server that the test starts."""
PAGE_S_MAX = 300
STARTED_ANEW = (ROOT / "README.md",)
"""Pages whose every command is a start of its own."""
END_WHAT_SERVES = "trap 'status=$?; jobs -p | xargs --no-run-if-empty kill || :; wait || :; exit $status' EXIT"

TIMEOUT = f'timeout() {{ "{sys.executable}" "{ROOT}/tests/docs/until_output.py" "$@"; }}'
"""What a page ends after so many seconds ends here with its first output, however long that takes."""

WITH_COMMANDS = [page for page in PAGES if any(block.kind != TEXT for block in blocks(page))]


def script_of(page_blocks: list[Block]) -> str:
    """The page as one shell script."""
    lines = ["set -euo pipefail", END_WHAT_SERVES, TIMEOUT]
    for number, block in enumerate(page_blocks):
        if block.kind == RUN:
            lines.append(
                "\n".join(line for line in block.code.splitlines() if line.partition("#")[0].strip() not in EXEMPT)
            )
        elif block.kind == PYTHON:
            lines.append(f".venv/bin/python - <<'END_OF_PYTHON'\n{block.code}END_OF_PYTHON")
        elif block.kind == SERVE:
            log = f"serve-{number}.log"
            lines.append(f"( exec {block.code.strip()} ) > {log} 2>&1 &\nserving=$!")
            lines.append(f"until grep -q '^Tallystick serves' {log}")
            lines.append(f"do kill -0 $serving || {{ cat {log}; exit 1; }}; sleep 0.1; done")
    return "\n".join(lines) + "\n"


@contextmanager
def substitutes(ports: tuple[int, int], script: str) -> Iterator[dict[str, str]]:
    """What the page says → what is here: free ports, and a database when the page uses one."""
    with ExitStack() as stack:
        found = dict(zip(PORTS, map(str, [*ports, *free_ports(len(PORTS) - len(ports))]), strict=True))
        if DATABASE in script:
            found[DATABASE] = stack.enter_context(cluster()).create_database()
        yield found


def run(script: str, directory: Path) -> None:
    """Run the script; whatever it started ends with it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TALLYSTICK_")}
    environment["NO_PROXY"] = environment["no_proxy"] = "localhost,127.0.0.1"
    output = directory / "output.log"
    with output.open("w") as log:
        shell = subprocess.Popen(
            ["bash", "-c", script], cwd=directory, env=environment, stdout=log, stderr=log, start_new_session=True
        )
        try:
            status = shell.wait(PAGE_S_MAX)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGTERM)
    assert status == 0, f"status {status}:\n{output.read_text()[-6000:]}"


@pytest.fixture(scope="session")
def commands() -> Iterator[Path]:
    """Where `tallystick` is ready for the pages."""
    with ready_commands() as address:
        yield address


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=name_of)
def test_every_command_of_the_page_works(page: Path, tmp_path: Path, commands: Path) -> None:
    directory = tmp_path / "it"  # short: sockets have paths of 107 bytes at most
    directory.mkdir()
    if page in STARTED_ANEW:
        (directory / ".venv").symlink_to(sys.prefix)
    else:
        make_environment(directory / ".venv", commands)
    script = script_of(blocks(page))
    with running_server(tmp_path, workers=1) as server, substitutes((server.port, server.mtls_port), script) as found:
        (directory / "data").symlink_to(server.data)
        (directory / "deploy").symlink_to(ROOT / "deploy")
        # All at once: what a port is replaced by may look like another that the pages speak of.
        told = re.compile("|".join(map(re.escape, found)))
        run(told.sub(lambda each: found[each[0]], script), directory)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_block_says_whether_it_runs(page: Path) -> None:
    assert {block.kind for block in blocks(page)} <= set(KINDS)
    fences = [line for line in page.read_text().splitlines() if line.startswith("```")]
    assert len(fences) == 2 * len(blocks(page))


def test_every_exemption_is_still_needed() -> None:
    written = "\n".join(block.code for page in PAGES for block in blocks(page) if block.kind == RUN)
    assert [command for command in EXEMPT if command not in written] == []
