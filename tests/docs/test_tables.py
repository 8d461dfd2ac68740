"""Tables of the documentation say what the code says."""

from __future__ import annotations

from pathlib import Path

import pytest

from .pages import PAGES, name_of
from .tables import MARKED, TABLES, written


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_tables_are_as_the_code_has_them(page: Path) -> None:
    """After a change: `.venv/bin/python -m tests.docs.tables`."""
    assert page.read_text() == written(page.read_text())


def test_every_table_stands_somewhere() -> None:
    found = {match["name"] for page in PAGES for match in MARKED.finditer(page.read_text())}
    assert found == set(TABLES)
