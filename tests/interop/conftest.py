"""What third-party clients need to find and trust the server."""

from __future__ import annotations

import pytest

from tests.server import Server

CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")


@pytest.fixture
def trusted(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """The server, trusted by every library that looks into the environment, for the length of one test."""
    for name in CA_VARIABLES:
        monkeypatch.setenv(name, str(server.ca_file))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    return server
