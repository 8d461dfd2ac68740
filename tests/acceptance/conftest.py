"""Servers that a test may stop, kill and start again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import cluster
from tests.server import Server, running_server


@pytest.fixture(params=["sqlite", "postgresql"])
def own(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """A deployment of the test's own, with two workers."""
    if request.param == "sqlite":
        with running_server(tmp_path, first_start=True) as running:
            yield running
        return
    with cluster() as postgres, running_server(tmp_path, postgres.create_database()) as running:
        yield running
