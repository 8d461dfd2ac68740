"""Deployments for the tests of custom domains, and the DNS that they ask."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.application import now_ms
from tests.inprocess import InProcess, in_process
from tests.nameserver import NameServer, name_server


@pytest.fixture
def dns() -> Iterator[NameServer]:
    with name_server() as server:
        yield server


@pytest.fixture
def house(tmp_path: Path, dns: NameServer) -> Iterator[InProcess]:
    with in_process(tmp_path / "data", now_ms(), dns_server=dns.address) as running:
        yield running


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcess]:
    """A house in which nothing is verified, for what is refused."""
    with in_process(tmp_path_factory.mktemp("shared") / "data", now_ms()) as running:
        yield running
