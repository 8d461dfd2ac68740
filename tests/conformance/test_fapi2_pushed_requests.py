"""FAPI 2 Security Profile, Final: the modules about pushed requests, by private_key_jwt with mTLS and by mTLS alone.

For Message Signing they are the same, with what is pushed signed.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.application import decoded
from tests.authorization.asking import REDIRECT_URI
from tests.inprocess import FORM, InProcess
from tests.profiles.flow import Flow, flow, members
from tests.signin import Stop

BITS_MIN = 96
LEVELS = ("fapi2_sp_pkj_mtls", "fapi2_sp_mtls_mtls", "fapi2_ms_pkj_mtls", "fapi2_ms_mtls_mtls")
NO_SUCH_TYPE = {"unsupported_response_type", "invalid_request", "unauthorized_client"}
REFUSED = {"invalid_request", "invalid_request_object"}


@pytest.fixture(params=LEVELS)
def app(request: pytest.FixtureRequest, house: InProcess) -> Flow:
    """An application at each level."""
    return flow(house, request.param)


@pytest.fixture
def by_key(house: InProcess) -> Flow:
    """One that proves itself by key."""
    return flow(house, LEVELS[0])


def pushed(app: Flow, **changes: Any) -> str:
    """The base flow's first half; its ``request_uri``."""
    answer = app.push(app.request(**changes))
    assert answer.status == 201, answer.content
    body = answer.json()
    assert answer.headers["content-type"] == "application/json"
    assert 5 <= body["expires_in"] <= 90
    handle = body["request_uri"].rpartition(":")[2]
    shares = [count / len(handle) for count in Counter(handle).values()]
    assert -sum(share * math.log2(share) for share in shares) * len(handle) > BITS_MIN
    return str(body["request_uri"])


def visit(app: Flow, request_uri: str, **beside: str) -> Stop:
    """The second half, with what the suite's client sends beside."""
    query = {"client_id": app.client_id, "request_uri": request_uri, **beside}
    return app.browser.get(f"/authorize?{urlencode(query)}")


def refused_on_a_page(stop: Stop) -> None:
    assert (stop.status, stop.location) == (400, "")
    assert "invalid_request_uri" in stop.error


def refused(app: Flow, errors: set[str], statuses: tuple[int, ...] = (400,), **changes: Any) -> None:
    answer = app.push(app.request(**changes))
    assert answer.status in statuses, answer.content
    assert answer.json()["error"] in errors


def test_fapi2_security_profile_final_par_ensure_reused_request_uri_prior_to_auth_completion_succeeds(
    app: Flow,
) -> None:
    """Twice at the page that confirms or signs in; then the answer."""
    request_uri = pushed(app, prompt="login")
    for _ in range(2):
        assert visit(app, request_uri).path == "/u/login"
    assert "code" in members(visit(app, pushed(app)))


def test_fapi2_security_profile_final_par_attempt_reuse_request_uri(app: Flow) -> None:
    request_uri = pushed(app)
    assert "code" in members(visit(app, request_uri))
    refused_on_a_page(visit(app, request_uri))


def test_fapi2_security_profile_final_par_attempt_to_use_expired_request_uri(app: Flow) -> None:
    answer = app.push(app.request())
    app.house.clock.advance(answer.json()["expires_in"])
    refused_on_a_page(visit(app, answer.json()["request_uri"]))


def test_fapi2_security_profile_final_par_attempt_to_use_request_uri_for_different_client(app: Flow) -> None:
    request_uri = pushed(app)
    refused_on_a_page(visit(app.with_client(), request_uri))


def test_fapi2_security_profile_final_par_authorization_request_containing_request_uri_form_param(app: Flow) -> None:
    refused(app, REFUSED, request_uri=pushed(app))


def test_fapi2_security_profile_final_par_attempt_invalid_http_method(app: Flow) -> None:
    form = urlencode({**app.request(), **app.proof()}).encode()
    answer = app.house.request("PUT", "/oauth/par", form, {b"content-type": FORM}, app.certificates)
    assert answer.status == 405


def test_fapi2_security_profile_final_par_ensure_pkce_required(app: Flow) -> None:
    refused(app, {"invalid_request"}, code_challenge=None, code_challenge_method=None)


def test_fapi2_security_profile_final_par_plain_pkce_rejected(app: Flow) -> None:
    refused(app, {"invalid_request"}, code_challenge_method="plain")


def test_fapi2_security_profile_final_par_without_duplicate_parameters(app: Flow) -> None:
    assert "code" in members(visit(app, pushed(app)))


def test_fapi2_security_profile_final_ensure_different_nonce_inside_and_outside_request_object(app: Flow) -> None:
    answer = app.redeem(members(visit(app, pushed(app), nonce="outside"))["code"])
    assert decoded(answer.json()["id_token"])[1]["nonce"] == "nonce"


def test_fapi2_security_profile_final_ensure_different_state_inside_and_outside_request_object(app: Flow) -> None:
    assert members(visit(app, pushed(app), state="outside"))["state"] == "state"


def test_fapi2_security_profile_final_state_only_outside_request_object_not_used(app: Flow) -> None:
    answer = members(visit(app, pushed(app, state=None), state="outside"))
    assert "code" in answer
    assert "state" not in answer


def test_fapi2_security_profile_final_ensure_authorization_request_with_long_state(app: Flow) -> None:
    assert members(visit(app, pushed(app, state="s" * 1000)))["state"] == "s" * 1000


def test_fapi2_security_profile_final_ensure_request_object_without_redirect_uri_fails(app: Flow) -> None:
    refused(app, REFUSED, redirect_uri=None)


def test_fapi2_security_profile_final_plain_fapi_tolerate_unregistered_redirect_uri(app: Flow) -> None:
    refused(app, {"invalid_request"}, redirect_uri="https://app.example/unregistered")


def test_fapi2_security_profile_final_ensure_registered_redirect_uri(app: Flow) -> None:
    refused(app, {"invalid_request"}, redirect_uri=f"{REDIRECT_URI}/unregistered")


def test_fapi2_security_profile_final_ensure_unsigned_authorization_request_without_using_par_fails(app: Flow) -> None:
    stop = app.browser.get(f"/authorize?{urlencode(app.parameters())}")
    assert members(stop)["error"] == "invalid_request"


def test_fapi2_security_profile_final_ensure_response_type_code_idtoken_fails(app: Flow) -> None:
    refused(app, NO_SUCH_TYPE, response_type="code id_token")


def test_fapi2_security_profile_final_ensure_response_type_token_fails(app: Flow) -> None:
    refused(app, NO_SUCH_TYPE, response_type="token")


def nbf_ahead(app: Flow, seconds: int) -> int:
    """The status of a push whose assertion begins so many seconds ahead."""
    now_s = app.house.clock.now_ms() // 1000
    dates: dict[str, Any] = {"iat": now_s, "nbf": now_s + seconds, "exp": now_s + seconds + 60}
    assertion = app.keys.authentication.assertion(app.client_id, app.house.issuer, **dates)
    proof = {**app.proof(), "client_assertion": assertion}
    return app.push(app.request(), proof).status


def test_fapi2_security_profile_final_par_ensure_jwt_client_assertions_nbf_8_seconds_in_the_future_is_accepted(
    by_key: Flow,
) -> None:
    assert nbf_ahead(by_key, 8) == 201


def test_fapi2_security_profile_final_par_ensure_jwt_client_assertions_nbf_over_60_seconds_in_the_future_fails(
    by_key: Flow,
) -> None:
    assert nbf_ahead(by_key, 61) == 401


def wrong_audience(app: Flow, aud: Any) -> None:
    answer = app.push(app.request(), app.proof(aud))
    assert (answer.status, answer.json()["error"]) == (401, "invalid_client")


def test_fapi2_security_profile_final_par_test_array_as_audience_fails(by_key: Flow) -> None:
    wrong_audience(by_key, [by_key.house.issuer])


def test_fapi2_security_profile_final_par_test_par_endpoint_url_as_audience_fails(by_key: Flow) -> None:
    wrong_audience(by_key, f"{by_key.house.issuer}oauth/par")


def test_fapi2_security_profile_final_par_test_token_endpoint_url_as_audience_fails(by_key: Flow) -> None:
    wrong_audience(by_key, f"{by_key.house.issuer}oauth/token")
