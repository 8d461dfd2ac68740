"""The plans: static clients, over client_secret_basic unless a module says otherwise."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.application import now_ms
from tests.conformance.fapi_suite import API, FapiPlan, fapi_plan_of
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


@pytest.fixture(scope="module")
def bank(shared_house: InProcess) -> InProcess:
    """The same with an API to ask for."""
    details = [{"type": "payment"}]
    shared_house.api(API, allow_offline_access=True, authorization_details=details)
    return shared_house


@pytest.fixture(scope="module", params=["sp-pkj", "sp-mtls", "ms-pkj-jarm", "ms-mtls"])
def fapi(request: pytest.FixtureRequest, bank: InProcess) -> FapiPlan:
    """A plan of FAPI 2: the Security Profile, and Message Signing with what it adds, each by key and by certificate."""
    return fapi_plan_of(bank, request.param)


@pytest.fixture(scope="module", params=["sp-pkj", "ms-pkj-jarm"])
def fapi_by_key(request: pytest.FixtureRequest, bank: InProcess) -> FapiPlan:
    """The plans whose clients prove themselves by key."""
    return fapi_plan_of(bank, request.param)


@pytest.fixture(scope="module", params=["ms-pkj", "ms-mtls-jarm"])
def signing(request: pytest.FixtureRequest, bank: InProcess) -> FapiPlan:
    """The plans of Message Signing: signed_non_repudiation, with plain_response and with jarm."""
    return fapi_plan_of(bank, request.param)
