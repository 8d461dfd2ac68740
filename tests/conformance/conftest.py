"""The plans: static clients, over client_secret_basic unless a module says otherwise."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.application import now_ms
from tests.conformance.provider import in_house
from tests.conformance.suite import Plan, plan_of
from tests.inprocess import InProcess, in_process


@pytest.fixture(scope="module")
def shared_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcess]:
    """One deployment for a file's modules: each has browsers of its own, and none minds how late it is."""
    with in_process(tmp_path_factory.mktemp("conformance") / "data", now_ms()) as running:
        yield running


@pytest.fixture(scope="module")
def plan(shared_house: InProcess) -> Plan:
    """The basic plan: response type code, answers in the query."""
    return plan_of(in_house(shared_house))
