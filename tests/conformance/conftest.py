"""The plans: static clients, over client_secret_basic unless a module says otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import pytest

from tests.application import now_ms
from tests.conformance.fapi_suite import API, BY_KEY, BY_PROOF, SIGNING, VARIANTS, FapiPlan, fapi_plan_of
from tests.conformance.grants import GRANTS, token_of
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


@pytest.fixture(scope="package")
def fapi_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcess]:
    """One deployment for all plans of FAPI 2, whose settings nobody changes for good."""
    with in_process(tmp_path_factory.mktemp("fapi2") / "data", now_ms()) as running:
        running.api(API, allow_offline_access=True, authorization_details=[{"type": "payment"}])
        yield running


@pytest.fixture(scope="package")
def fapi_plans(fapi_house: InProcess) -> Callable[[str], FapiPlan]:
    """Each plan, made when it is first asked for: keys of RSA cost."""
    return cache(lambda variant: fapi_plan_of(fapi_house, variant))


@pytest.fixture(scope="module", params=VARIANTS)
def fapi(request: pytest.FixtureRequest, fapi_plans: Callable[[str], FapiPlan]) -> FapiPlan:
    """A plan of FAPI 2: the Security Profile, and Message Signing with what it adds, each in all four combinations."""
    return fapi_plans(request.param)


@pytest.fixture(params=GRANTS)
def grant(request: pytest.FixtureRequest) -> str:
    """Modules that the profile client_credentials_grant has too run by either grant."""
    return str(request.param)


@pytest.fixture
def managing(fapi: FapiPlan) -> list[str]:
    """Tokens of both clients by client_credentials."""
    return [token_of(fapi, party, GRANTS[1]) for party in fapi.parties]


@pytest.fixture(scope="module", params=BY_KEY)
def fapi_by_key(request: pytest.FixtureRequest, fapi_plans: Callable[[str], FapiPlan]) -> FapiPlan:
    """The plans whose clients prove themselves by key."""
    return fapi_plans(request.param)


@pytest.fixture(scope="module", params=BY_PROOF)
def fapi_by_proof(request: pytest.FixtureRequest, fapi_plans: Callable[[str], FapiPlan]) -> FapiPlan:
    """The plans whose tokens are bound by DPoP."""
    return fapi_plans(request.param)


@pytest.fixture(scope="module", params=SIGNING)
def signing(request: pytest.FixtureRequest, fapi_plans: Callable[[str], FapiPlan]) -> FapiPlan:
    """The plans of Message Signing: signed_non_repudiation, with plain_response and with jarm."""
    return fapi_plans(request.param)
