"""One Chromium and one server for all of these, and for each test a profile, an application and a person of its own.

To look at the pages: `TALLYSTICK_SCREENSHOTS=DIR` keeps a picture of every page that `test_every_page` visits.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.administrator import Administrator
from tests.browser.person import Person, new_person
from tests.chromium import fresh_page, running_chromium
from tests.receiver import Receiver, receiver
from tests.relying_party import RelyingParty, relying_party
from tests.server import Server, running_server


@pytest.fixture(scope="package")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    """Where applications hear of logouts."""
    with receiver(Path(tmp_path_factory.mktemp("receiver"))) as running:
        yield running


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory, told: Receiver) -> Iterator[Server]:
    """Two workers on SQLite: what browsers see does not depend on the database."""
    arguments = ("--outbound-allow", "127.0.0.1,::1", "--outbound-ca", str(told.ca_file))
    with running_server(Path(tmp_path_factory.mktemp("server")), arguments=arguments) as running:
        yield running


@pytest.fixture(scope="package")
def admin(server: Server) -> Administrator:
    """Who registers applications and people."""
    return Administrator(server)


@pytest.fixture(scope="package")
def chromium(server: Server) -> Iterator[Browser]:
    """The browser; begun after the server, and ended with this package (see `tests.chromium`)."""
    with running_chromium() as browser:
        yield browser


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page of a fresh profile."""
    with fresh_page(chromium) as page:
        yield page


@pytest.fixture
def page_without_script(chromium: Browser) -> Iterator[Page]:
    """A page in which no script runs."""
    with fresh_page(chromium, java_script_enabled=False) as page:
        yield page


@pytest.fixture
def party() -> Iterator[RelyingParty]:
    """A web application."""
    with relying_party() as running:
        yield running


@pytest.fixture
def person(admin: Administrator) -> Person:
    """Somebody with a password."""
    return new_person(admin)
