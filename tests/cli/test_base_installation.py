"""Where the base dependencies are installed alone, the command says what it lacks, and does not fall over."""

from __future__ import annotations

import gc
import sys

import pytest

from tallystick.cli import main


def test_without_the_extra_the_command_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "tallystick.cli.program", raising=False)
    monkeypatch.setitem(sys.modules, "typer", None)
    try:
        with pytest.raises(SystemExit, match=r"error: typer is not installed.* the extra `server`"):
            main()
    finally:
        gc.enable()
