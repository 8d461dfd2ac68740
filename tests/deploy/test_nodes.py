"""Several nodes on one PostgreSQL: what holds over workers holds over machines, and they can be replaced one by one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.administrator import Administrator
from tests.application import decoded
from tests.attacks.expect import accepted
from tests.attacks.mtls import Authorities
from tests.patience import settle

from .nodes import Nodes, running_nodes

AT_ONCE = 8
CALLERS = 2


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    """Two of them, and HAProxy."""
    with running_nodes(Path(tmp_path_factory.mktemp("nodes"))) as running:
        yield running


@pytest.fixture(scope="module")
def admin(nodes: Nodes) -> Administrator:
    """Who registers applications, on whichever node the proxy chooses."""
    return Administrator(nodes.deployment)


def test_a2_an_assertion_is_accepted_once_over_both_nodes(nodes: Nodes, admin: Administrator) -> None:
    application = admin.key_application()
    settle()
    clients = [nodes.past_the_proxy(number) for number in range(len(nodes.nodes))]
    assertion = application.good_assertion()

    def ask(client: httpx.Client) -> int:
        return application.by_assertion(assertion, client).status_code

    with ThreadPoolExecutor(AT_ONCE) as threads:
        statuses = list(threads.map(ask, clients * (AT_ONCE // len(clients))))
    assert sorted(statuses) == [200] + [401] * (AT_ONCE - 1)
    for client in clients:
        client.close()


def test_a_change_holds_on_both_nodes(nodes: Nodes, admin: Administrator) -> None:
    application = admin.application()
    form = application.form(client_id=application.client_id, client_secret=application.secret)
    settle()
    clients = [nodes.past_the_proxy(number) for number in range(len(nodes.nodes))]
    assert [application.post(form, client).status_code for client in clients] == [200, 200]
    admin.ask("DELETE", f"clients/{application.client_id}")
    settle()
    assert [application.post(form, client).status_code for client in clients] == [401, 401]
    for client in clients:
        client.close()


def test_nodes_are_replaced_one_by_one_and_no_request_is_lost(
    nodes: Nodes, admin: Administrator, tmp_path: Path
) -> None:
    api = admin.api(proof_of_possession={"mechanism": "mtls", "required": False})
    authorities = Authorities(admin, str(api["identifier"]), tmp_path)
    holder, application = authorities.leaf("CN=till"), authorities.by_dn("CN=till")
    settle()
    over, files = threading.Event(), holder.files(tmp_path)

    def ask_all_the_time(_: int) -> int:
        asked = 0
        with nodes.deployment.http(files) as http:
            while not over.is_set():
                token = accepted(application.by_certificate(http))
                assert decoded(token)[1]["cnf"] == {"x5t#S256": holder.thumbprint}
                asked += 1
        return asked

    with ThreadPoolExecutor(CALLERS) as threads:
        callers = [threads.submit(ask_all_the_time, number) for number in range(CALLERS)]
        try:
            for number in range(len(nodes.nodes)):
                nodes.restart(number)
        finally:
            over.set()
        assert all(caller.result() > 0 for caller in callers)
