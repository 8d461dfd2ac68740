"""The documentation as the tests read it: pages, their fenced blocks, and the paths they name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = tuple(sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]))
RUN, SERVE, PYTHON, TEXT = "sh", "sh serve", "python", "text"
KINDS = (RUN, SERVE, PYTHON, TEXT)
"""What may stand behind the opening fence: run it, keep it running, run it by Python, only show it."""

_FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
_CODE_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
_ROOTS = ("src/", "tests/", "docs/", "bench/", "deploy/", "make/", "requirements/")
_FILES = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "pyproject.toml", ".importlinter")


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    kind: str
    code: str


def blocks(page: Path) -> list[Block]:
    """The page's fenced blocks in order."""
    return [Block(found["info"].strip(), found["code"]) for found in _FENCE.finditer(page.read_text())]


def paths_named(page: Path) -> list[str]:
    """Paths of this repository that stand in code spans, from its root."""
    spans = _CODE_SPAN.findall(_FENCE.sub("", page.read_text()))
    return [span for span in spans if span.startswith(_ROOTS) or span in _FILES]


def links(page: Path) -> list[Path]:
    """Files that the page links to."""
    targets = [found["target"].partition("#")[0] for found in _LINK.finditer(_FENCE.sub("", page.read_text()))]
    return [page.parent / target for target in targets if target and "://" not in target]


def name_of(page: Path) -> str:
    """The page, for people."""
    return str(page.relative_to(ROOT))
