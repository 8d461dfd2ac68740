"""The implicit and hybrid plans, for a tenant that offers them: basic modules, with tokens that the browser carries.

That ``at_hash`` and ``c_hash`` stand in ID tokens from the browser, and are right, every flow sees.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conformance import test_oidcc_basic as basic
from tests.conformance.front_channel import check_error
from tests.conformance.metadata import check_metadata
from tests.conformance.provider import EVERY_CLAIM, in_house
from tests.conformance.suite import Plan, plan_of
from tests.inprocess import InProcess

IMPLICIT = ("id_token", "id_token token")
HYBRID = ("code id_token", "code token", "code id_token token")
MODULES = (
    basic.test_oidcc_server,
    basic.test_oidcc_prompt_login,
    basic.test_oidcc_prompt_none_not_logged_in,
    basic.test_oidcc_prompt_none_logged_in,
    basic.test_oidcc_max_age_10000,
    basic.test_oidcc_ensure_registered_redirect_uri,
)
CODE_MODULES = (basic.test_oidcc_codereuse, basic.test_oidcc_refresh_token)


@pytest.fixture(scope="module")
def plan(shared_house: InProcess) -> Plan:
    """The basic plan, once the tenant offers what OAuth 2.1 left behind."""
    shared_house.ask("PATCH", "tenants/settings", {"implicit_and_hybrid_supported": True})
    return plan_of(in_house(shared_house))


@pytest.fixture(scope="module", params=[*IMPLICIT, *HYBRID])
def in_front(request: pytest.FixtureRequest, plan: Plan) -> Plan:
    """The plan of one response type."""
    return plan.varied(response_type=request.param)


@pytest.fixture(scope="module", params=HYBRID)
def hybrid(request: pytest.FixtureRequest, plan: Plan) -> Plan:
    """The plan of one hybrid response type."""
    return plan.varied(response_type=request.param)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_oidcc_implicit_and_hybrid(in_front: Plan, module: Callable[[Plan], None]) -> None:
    module(in_front)


@pytest.mark.parametrize("module", CODE_MODULES, ids=lambda module: module.__name__)
def test_oidcc_hybrid(hybrid: Plan, module: Callable[[Plan], None]) -> None:
    module(hybrid)


@pytest.mark.parametrize("response_type", [*IMPLICIT, "code id_token", "code id_token token"])
def test_oidcc_ensure_request_without_nonce_fails(plan: Plan, response_type: str) -> None:
    request = plan.client.request(response_type=response_type, nonce=None)
    check_error(plan.client, request, plan.client.send(plan.provider.browser(), request), "invalid_request")


def test_an_id_token_alone_has_the_claims_of_the_scopes(plan: Plan) -> None:
    """OpenID Connect Core 5.4: nothing comes along that could fetch them."""
    claims = plan.flow(response_type="id_token", scope="openid profile email").id_token
    assert (claims["name"], claims["email"]) == (EVERY_CLAIM["name"], plan.email)


@pytest.mark.parametrize("response_type", [*IMPLICIT, *HYBRID])
def test_no_token_comes_in_a_query(plan: Plan, response_type: str) -> None:
    request = plan.client.request(response_type=response_type, response_mode="query")
    stop = plan.client.send(plan.provider.browser(), request)
    in_fragment = {name: value for name, value in request.items() if name != "response_mode"}
    check_error(plan.client, in_fragment, stop, "invalid_request")


def test_discovery_follows_the_switch(plan: Plan) -> None:
    """The dynamic plan wants these in the document; who does not offer them does not claim them either."""
    types = plan.provider.metadata["response_types_supported"]
    assert {"code", *IMPLICIT, *HYBRID} <= set(types)
    assert "implicit" in plan.provider.metadata["grant_types_supported"]
    check_metadata(plan.provider.metadata, plan.provider.issuer)
