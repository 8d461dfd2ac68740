"""A deployment behind each proxy, and who registers applications there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.administrator import Administrator
from tests.attacks.mtls import Authorities

from .deployment import Deployment, deployed
from .proxies import PROXIES


@pytest.fixture(scope="session", params=PROXIES, ids=lambda proxy: proxy.name)
def deployment(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Tallystick behind each of them. Shared: a test registers what it needs under names of its own."""
    with deployed(request.param, Path(tmp_path_factory.mktemp("deploy"))) as running:
        yield running


@pytest.fixture(scope="session")
def admin(deployment: Deployment) -> Administrator:
    """Who registers applications, through the proxy as everybody else."""
    return Administrator(deployment)


@pytest.fixture(scope="session")
def authorities(admin: Administrator, tmp_path_factory: pytest.TempPathFactory) -> Authorities:
    """A registered root, and an API that binds tokens to certificates where there is one."""
    api = admin.api(proof_of_possession={"mechanism": "mtls", "required": False})
    return Authorities(admin, str(api["identifier"]), tmp_path_factory.mktemp("certificates"))
