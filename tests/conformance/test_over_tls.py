"""A slice of the plans against a real server: TLS, client certificates, two workers, both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest

from tests.administrator import Administrator
from tests.conformance import test_fapi2_security_profile_final as fapi2
from tests.conformance import test_fapi2_security_profile_final_token_endpoint as fapi2_tokens
from tests.conformance import test_oidcc_basic as basic
from tests.conformance import test_oidcc_config as config
from tests.conformance.fapi_suite import FapiPlan, fapi_plan_at
from tests.conformance.provider import at_server
from tests.conformance.suite import Plan, plan_of
from tests.server import Server

MODULES = (
    config.test_oidcc_discovery_endpoint_verification,
    basic.test_oidcc_server,
    basic.test_oidcc_id_token_hint,
    basic.test_oidcc_codereuse,
    basic.test_oidcc_refresh_token,
)

FAPI2_MODULES = (
    fapi2.test_fapi2_security_profile_final_happy_flow,
    fapi2_tokens.test_fapi2_security_profile_final_happy_flow,
)


@pytest.fixture(scope="module")
def plan(server: Server, admin: Administrator) -> Plan:
    """The basic plan over the wire."""
    return plan_of(at_server(server, admin))


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_oidcc_over_tls(plan: Plan, module: Callable[[Plan], None]) -> None:
    module(plan)


@pytest.fixture(scope="module", params=["sp-pkj", "ms-mtls-jarm"])
def fapi(request: pytest.FixtureRequest, plan: Plan) -> FapiPlan:
    """By key, and by certificate with everything signed."""
    return fapi_plan_at(plan.provider, request.param, plan.email)


@pytest.mark.parametrize("module", FAPI2_MODULES, ids=("by-people", "by-client_credentials"))
def test_fapi2_over_tls(fapi: FapiPlan, module: Callable[[FapiPlan], None]) -> None:
    """Each step may meet another worker than the one before."""
    module(fapi)


def test_the_resource_says_what_time_it_is(plan: Plan) -> None:
    """conformance.md 0, FAPI: a ``Date`` within five minutes."""
    said = plan.provider.fetch(plan.provider.metadata["userinfo_endpoint"]).header("date")
    assert abs(datetime.now(UTC) - parsedate_to_datetime(said)) < timedelta(minutes=5)
