"""Applications to attack."""

from __future__ import annotations

import pytest

from tests.administrator import Administrator
from tests.application import Application
from tests.attacks.neighbour import Neighbour, new_neighbour
from tests.certificate_mill import leaf
from tests.server import Server


@pytest.fixture(scope="module")
def audience(admin: Administrator) -> str:
    """An API that the applications of one module share."""
    return str(admin.api()["identifier"])


@pytest.fixture(scope="module")
def keyed(admin: Administrator, audience: str) -> Application:
    """An application that authenticates by private key JWT, ES256."""
    return admin.key_application("ES256", audience)


@pytest.fixture(scope="module")
def fapi2(admin: Administrator, audience: str, tmp_path_factory: pytest.TempPathFactory) -> Application:
    """The same under the FAPI 2 profile, which binds its tokens to the certificate it asks with."""
    application = admin.key_application("ES256", audience, compliance_level="fapi2_sp_pkj_mtls")
    files = leaf("CN=fapi2").files(tmp_path_factory.mktemp("fapi2"))
    application.http = admin.server.http(certificate=files)
    return application


@pytest.fixture(scope="module")
def secret(admin: Administrator, audience: str) -> Application:
    """An application with a client secret."""
    return admin.application(audience)


@pytest.fixture(scope="session")
def neighbour(server: Server) -> Neighbour:
    """Another tenant of the same server."""
    return new_neighbour(server)
