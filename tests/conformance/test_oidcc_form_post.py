"""The form_post plan: basic modules once more, with answers that the browser posts to the client.

Every answer is seen to be a form with the right target that submits itself, and has a button where no script runs.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conformance import test_oidcc_basic as basic
from tests.conformance.front_channel import check_error
from tests.conformance.suite import Plan

MODULES = (
    basic.test_oidcc_server,
    basic.test_oidcc_response_type_missing,
    basic.test_oidcc_ensure_request_without_nonce_succeeds_for_code_flow,
    basic.test_oidcc_scope_all,
    basic.test_oidcc_prompt_login,
    basic.test_oidcc_prompt_none_not_logged_in,
    basic.test_oidcc_prompt_none_logged_in,
    basic.test_oidcc_max_age_1,
    basic.test_oidcc_id_token_hint,
    basic.test_oidcc_codereuse,
    basic.test_oidcc_ensure_registered_redirect_uri,
    basic.test_oidcc_ensure_post_request_succeeds,
    basic.test_oidcc_refresh_token,
    basic.test_oidcc_ensure_request_with_valid_pkce_succeeds,
)


@pytest.fixture(scope="module")
def posted(plan: Plan) -> Plan:
    """The plan."""
    return plan.varied(response_mode="form_post")


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_oidcc_form_post(posted: Plan, module: Callable[[Plan], None]) -> None:
    module(posted)


def test_form_post_says_no_likewise(posted: Plan) -> None:
    """Cancelling, too, is posted."""
    request = posted.client.request()
    stop = posted.client.send(posted.provider.browser(), request).press("cancel")
    check_error(posted.client, request, stop, "access_denied")


def test_form_post_escapes_what_it_sends_back(posted: Plan) -> None:
    """``state`` is the client's text, whatever stands in it, and exactly that arrives."""
    flow = posted.flow(state="\"><script>alert('é')</script>&amp; +%41")
    assert "<script>alert" not in flow.stop.reply.text
