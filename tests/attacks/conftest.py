"""Applications to attack."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.administrator import Administrator
from tests.application import Application, now_ms
from tests.attacks.bound_resources import DOMAIN, Resource, management_of, userinfo_of
from tests.attacks.neighbour import Neighbour, new_neighbour
from tests.certificate_mill import leaf
from tests.inprocess import InProcess, in_process
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


@pytest.fixture(scope="module")
def bound_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcess]:
    """A house for whatever leaves nothing behind but rows of the log; it has a custom domain."""
    directory = tmp_path_factory.mktemp("bound") / "data"
    with in_process(directory, now_ms(), custom_domain_verification="none") as house:
        made = house.made("POST", "custom-domains", {"domain": DOMAIN, "type": "self_managed_certs"})
        house.made("POST", f"custom-domains/{made['custom_domain_id']}/verify", {})
        yield house


@pytest.fixture(scope="module", params=[userinfo_of, management_of], ids=["userinfo", "management"])
def resource(request: pytest.FixtureRequest, bound_house: InProcess) -> Resource:
    """Each resource that is this server's own, with bound tokens for it."""
    made: Resource = request.param(bound_house)
    return made
