"""The command line as a whole."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from typer.main import get_command

from tallystick.cli.exits import OK
from tallystick.cli.program import app

from .conftest import Cli

ON_THE_DEPLOYMENT = {("serve",), ("migrate",), ("backup",), ("restore",), ("tenants", "list"), ("tenants", "create")}
LOCAL = {("keygen",)}
HEAVY = ("httpx", "sqlalchemy", "alembic", "uvicorn", "starlette", "cryptography", "rich.console")


def commands() -> Iterator[tuple[str, ...]]:
    """Every command, by the words that call it."""
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]  # it is a group
        words = [(name, inner) for inner in getattr(command, "commands", {})]
        yield from words or [(name,)]  # type: ignore[list-item]  # one word or two


@pytest.mark.parametrize("words", sorted(commands()))
def test_every_command_speaks_json_and_finds_what_it_works_on(words: tuple[str, ...], cli: Cli) -> None:
    ran = cli(*words, "--help")
    assert ran.code == OK
    wanted = {"--json"}
    if words in ON_THE_DEPLOYMENT:
        wanted |= {"--data", "--database", "--config"}
    elif words not in LOCAL:
        wanted |= {"--data", "--domain", "--ca-file", "--client-id", "--client-secret-file", "--key", "--cert"}
    assert wanted <= set(ran.out.split())


def test_the_contract_names_these_commands() -> None:
    groups = {words[0] for words in commands()}
    assert {"serve", "demo", "token", "assertion", "keygen", "migrate"} <= groups
    assert {"clients", "credentials", "keys", "tenants"} <= groups


def test_help_is_quick_because_nothing_heavy_is_imported() -> None:
    program = "import sys, tallystick.cli.program; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not set(HEAVY) & set(loaded)


def test_python_m_is_the_console_script() -> None:
    ran = subprocess.run([sys.executable, "-m", "tallystick", "--version"], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout.count("."), ran.stderr) == (OK, 2, "")
