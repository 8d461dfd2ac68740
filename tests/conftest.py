"""What every test may use: one server per database for the whole run, with two workers, and its administrator."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.administrator import Administrator
from tests.application import now_ms
from tests.inprocess import InProcess, in_process
from tests.nameserver import NameServer, name_server
from tests.postgres import cluster
from tests.schedule import Schedule, rank_of
from tests.scratch import scratch
from tests.server import Server, running_server


def pytest_configure() -> None:
    """Let ``tmp_path`` be there, unless whoever runs the tests says where."""
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(scratch()))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Schedule:
    """Several processes share the work by units."""
    return Schedule(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection() -> None:
    """What nine thousand tests are made of is here to stay: searching it for garbage took two fifths of the time."""
    gc.disable()


def pytest_collection_finish() -> None:
    """From here on there is garbage, and none of it among what was collected."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """They take the units in this order."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: rank_of(item.nodeid))


@pytest.fixture(scope="session")
def dns() -> Iterator[NameServer]:
    """The DNS that the server asks. Shared: a test publishes what it needs under names of its own."""
    with name_server() as answering:
        yield answering


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, dns: NameServer
) -> Iterator[Server]:
    """A running deployment on each database. Shared: a test registers what it needs under names of its own."""
    directory = Path(tmp_path_factory.mktemp("server"))
    arguments = ("--dns-server", dns.address)
    if request.param == "sqlite":
        with running_server(directory, arguments=arguments, first_start=True) as running:
            yield running
        return
    with cluster() as postgres, running_server(directory, postgres.create_database(), arguments=arguments) as running:
        yield running


@pytest.fixture(scope="session")
def admin(server: Server) -> Administrator:
    """Who registers applications on the server."""
    return Administrator(server)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[InProcess]:
    """A deployment of the test's own, in this process, with a clock that only the test moves."""
    with in_process(tmp_path / "data", now_ms()) as running:
        yield running
