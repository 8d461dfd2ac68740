"""What the documentation names exists, and what has to be documented is."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tallystick.cli.exits import MEANING
from tallystick.deployment.first_start import BOOTSTRAP_FILE
from tallystick.deployment.master_key import FILE_NAME
from tallystick.settings import FIELDS, Field

from .pages import PAGES, ROOT, links, name_of, paths_named

CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text()
FLOW = ROOT / "docs" / "flow.md"
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_path_and_link_leads_somewhere(page: Path) -> None:
    assert [path for path in paths_named(page) if not list(ROOT.glob(path))] == []
    assert [str(target) for target in links(page) if not target.exists()] == []


def test_the_flow_names_files() -> None:
    assert len(set(paths_named(FLOW))) > 20


@pytest.mark.parametrize("setting", FIELDS, ids=lambda setting: setting.name)
def test_every_setting_is_documented(setting: Field) -> None:
    assert f"`{setting.name}`" in CONFIGURATION
    assert f"`{setting.variable}`" in CONFIGURATION
    assert setting.secret or f"`{setting.option}`" in CONFIGURATION


def test_every_exit_status_and_file_is_documented() -> None:
    for status, meaning in MEANING.items():
        assert f"| {status} | {meaning} |" in CONFIGURATION
    for file in (BOOTSTRAP_FILE, FILE_NAME, "tallystick.db", "tls/ca.pem", "tls/ca.key"):
        assert f"`{file}`" in CONFIGURATION


def test_every_dependency_has_its_line() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    text = (ROOT / "docs" / "decisions" / "0005-dependencies.md").read_text().lower()
    wanted = [
        *project["dependencies"],
        *(each for extra in project["optional-dependencies"].values() for each in extra),
    ]
    names = [re.split(r"[\[<>=]", requirement)[0].lower() for requirement in wanted]
    assert [name for name in names if f"`{name}`" not in text] == []


def test_every_decision_has_its_parts() -> None:
    numbers = [int(page.name[:4]) for page in DECISIONS]
    assert numbers == list(range(1, len(numbers) + 1))
    for page in DECISIONS:
        headings = [line for line in page.read_text().splitlines() if line.startswith("## ")]
        assert headings == ["## Problem", "## Options", "## Choice", "## Consequence"], page.name
        assert len(page.read_text().splitlines()) <= 70, page.name


def test_the_changelog_knows_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text()
