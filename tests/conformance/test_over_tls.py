"""A slice of the plans against a real server: TLS, client certificates, headers, two workers, both databases."""

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
from tests.conformance.back_channel import check_token_error
from tests.conformance.fapi_shown import ACCEPTED, REFUSED, Holding
from tests.conformance.fapi_suite import FapiPlan, fapi_plan_at
from tests.conformance.grants import GRANTS, fields_of
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

REFUSED_BY_HTTP = ("two headers", "the same header twice", "two proofs in one header", "no proof", "an empty proof")


@pytest.fixture(scope="module")
def plan(server: Server, admin: Administrator) -> Plan:
    """The basic plan over the wire."""
    return plan_of(at_server(server, admin))


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_oidcc_over_tls(plan: Plan, module: Callable[[Plan], None]) -> None:
    module(plan)


@pytest.fixture(scope="module", params=["sp-pkj-mtls", "ms-mtls-mtls-jarm", "ms-pkj-dpop-jarm", "sp-mtls-dpop"])
def fapi(request: pytest.FixtureRequest, plan: Plan) -> FapiPlan:
    """All four combinations of authentication and binding, plain, and with everything signed."""
    return fapi_plan_at(plan.provider, request.param, plan.email)


def test_fapi2_over_tls(fapi: FapiPlan) -> None:
    """Each step may meet another worker than the one before."""
    fapi2.test_fapi2_security_profile_final_happy_flow(fapi)


def test_fapi2_over_tls_by_client_credentials(fapi: FapiPlan, managing: list[str]) -> None:
    fapi2_tokens.test_fapi2_security_profile_final_happy_flow(fapi, managing)


def places(fapi: FapiPlan, endpoint: str) -> tuple[str, str]:
    """Where it is, without and with a question for a certificate."""
    metadata = fapi.provider.metadata
    return metadata[endpoint], metadata["mtls_endpoint_aliases"][endpoint]


def test_holder_of_key_is_required_at_either_port(fapi: FapiPlan) -> None:
    """ensure-holder-of-key-required, and the same of the resource: without what binds the token, nothing."""
    party, fields = fapi.client, fields_of(fapi, fapi.client, GRANTS[1])
    for url in places(fapi, "token_endpoint"):
        reply = party.connection(shows=False).post(url, {**party.proof(), **fields}).reply
        check_token_error(reply, *fapi2_tokens.no_holder(party), *(() if party.key else ("invalid_client",)))
    token = fapi.flow().tokens["access_token"]
    for url in places(fapi, "userinfo_endpoint"):
        assert party.get(url, {"authorization": f"{party.token_type} {token}"}).status == 401
        assert party.fetch(url, token).status == 200


@pytest.mark.parametrize("fapi", ["sp-pkj-dpop"], indirect=True, scope="module")
def test_proofs_are_read_from_the_headers_as_they_were_sent(fapi: FapiPlan) -> None:
    """dpop-negative-tests: those whose matter is HTTP, at either port."""
    token, party = fapi.flow().tokens["access_token"], fapi.client
    assert party.prover is not None
    for url in places(fapi, "userinfo_endpoint"):
        held, browser = Holding(prover=party.prover, access_token=token, url=url), party.connection(shows=False)
        for name, status in {**dict.fromkeys(REFUSED_BY_HTTP, 401), **dict.fromkeys(ACCEPTED, 200)}.items():
            headers = {**REFUSED, **ACCEPTED}[name](held)
            assert browser.get(url, headers).status == status, name


def test_the_resource_says_what_time_it_is(plan: Plan) -> None:
    """conformance.md 0, FAPI: a ``Date`` within five minutes."""
    said = plan.provider.fetch(plan.provider.metadata["userinfo_endpoint"]).header("date")
    assert abs(datetime.now(UTC) - parsedate_to_datetime(said)) < timedelta(minutes=5)
