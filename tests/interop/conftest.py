"""What third-party clients need to find and trust the server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.administrator import Administrator
from tests.browser.person import Person, new_person
from tests.chromium import fresh_page, running_chromium
from tests.receiver import Shown, shown
from tests.server import Server, running_server

CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


def trust(server: Server, environment: pytest.MonkeyPatch) -> Server:
    """Have every library that looks into the environment trust the server."""
    for name in CA_VARIABLES:
        environment.setenv(name, str(server.ca_file))
    for name in PROXY_VARIABLES:
        environment.delenv(name, raising=False)
        environment.delenv(name.lower(), raising=False)
    return server


@pytest.fixture
def trusted(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The server of the whole run, trusted for the length of one test."""
    return trust(server, monkeypatch)


@pytest.fixture(scope="session")
def neighbour(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """What applications on this machine show when they are called by HTTPS."""
    return shown(Path(tmp_path_factory.mktemp("neighbour")))


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory, neighbour: Shown) -> Iterator[Server]:
    """A deployment on SQLite that may tell applications on this machine of a logout."""
    environment = {"TALLYSTICK_OUTBOUND_ALLOW": "127.0.0.1", "TALLYSTICK_OUTBOUND_CA": str(neighbour.ca_file)}
    with running_server(Path(tmp_path_factory.mktemp("home")), environment=environment) as running:
        yield running


@pytest.fixture(scope="session")
def home_admin(home: Server) -> Administrator:
    """Its administrator."""
    return Administrator(home)


@pytest.fixture(scope="module")
def chromium(home: Server) -> Iterator[Browser]:
    """The browser of one module's tests; begun after the server, and ended with them (see `tests.chromium`)."""
    with running_chromium() as browser:
        yield browser


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page of a fresh profile."""
    with fresh_page(chromium) as page:
        yield page


@pytest.fixture
def person(home_admin: Administrator) -> Person:
    """Somebody with a password."""
    return new_person(home_admin, name="Ada")
