"""FAPI 2 Security Profile, Final: the modules about pushed requests, in all combinations of authentication and binding.

For Message Signing they are the same, with what is pushed signed. Those with DPoP proofs are in `test_fapi2_dpop`.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from tests.conformance.back_channel import check_token_error
from tests.conformance.fapi_party import FapiParty
from tests.conformance.fapi_suite import FapiPlan
from tests.conformance.front_channel import check_answer, check_error, check_error_page
from tests.conformance.given import given_for_code
from tests.conformance.provider import as_json
from tests.conformance.relying_party import CALLBACK, RelyingParty
from tests.conformance.suite import LOGIN
from tests.inprocess import FORM, InProcess
from tests.signin import Stop

NO_SUCH_TYPE = ("unsupported_response_type", "invalid_request", "unauthorized_client")
REFUSED = ("invalid_request", "invalid_request_object")


def visit(plan: FapiPlan, request_uri: str, **beside: str) -> Stop:
    """The second half of a flow with no more than ``client_id`` and what is sent ``beside``."""
    query = {"client_id": plan.client.client_id, "request_uri": request_uri, **beside}
    return plan.signed_in().get(f"{plan.provider.metadata['authorization_endpoint']}?{urlencode(query)}")


def refused_on_a_page(stop: Stop) -> None:
    check_error_page(stop, "invalid_request_uri")


def refused(party: FapiParty, *errors: str, **changes: str | None) -> None:
    """A push with these changes."""
    reply = party.push(party.carried(party.request(**changes)))
    assert reply.status == 400
    check_token_error(reply, *errors)


def test_fapi2_security_profile_final_par_ensure_reused_request_uri_prior_to_auth_completion_succeeds(
    fapi: FapiPlan,
) -> None:
    """Twice at the page that confirms or signs in; then the answer."""
    party, browser = fapi.client, fapi.provider.browser()
    request = party.request()
    request_uri = party.pushed(request)
    stops = [party.visit(browser, request, request_uri) for _ in range(2)]
    assert [stop.path for stop in stops] == [LOGIN, LOGIN]
    assert "code" in check_answer(party, request, fapi.sign_in(stops[1]))


def test_fapi2_security_profile_final_par_attempt_reuse_request_uri(fapi: FapiPlan) -> None:
    request = fapi.client.request()
    request_uri = fapi.client.pushed(request)
    assert "code" in check_answer(fapi.client, request, visit(fapi, request_uri))
    refused_on_a_page(visit(fapi, request_uri))


def test_fapi2_security_profile_final_par_attempt_to_use_expired_request_uri(fapi: FapiPlan) -> None:
    body = as_json(fapi.client.push(fapi.client.carried(fapi.client.request())), 201)
    fapi.provider.wait(body["expires_in"])
    refused_on_a_page(visit(fapi, body["request_uri"]))


def test_fapi2_security_profile_final_par_attempt_to_use_request_uri_for_different_client(fapi: FapiPlan) -> None:
    refused_on_a_page(visit(fapi, fapi.second_client.pushed(fapi.second_client.request())))


def test_fapi2_security_profile_final_par_authorization_request_containing_request_uri_form_param(
    fapi: FapiPlan,
) -> None:
    party = fapi.client
    request_uri = party.pushed(party.request())
    reply = party.push({**party.carried(party.request()), "request_uri": request_uri})
    check_token_error(reply, *REFUSED, "request_uri_not_supported")
    refused(party, *REFUSED, request_uri=request_uri)


def test_fapi2_security_profile_final_par_attempt_invalid_http_method(fapi: FapiPlan, fapi_house: InProcess) -> None:
    form = urlencode({**fapi.client.carried(fapi.client.request()), **fapi.client.proof()}).encode()
    assert fapi_house.request("PUT", "/oauth/par", form, {b"content-type": FORM}).status == 405


def test_fapi2_security_profile_final_par_ensure_pkce_required(fapi: FapiPlan) -> None:
    refused(fapi.client, "invalid_request", code_challenge=None, code_challenge_method=None)


def test_fapi2_security_profile_final_par_plain_pkce_rejected(fapi: FapiPlan) -> None:
    refused(fapi.client, "invalid_request", code_challenge_method="plain")


def test_fapi2_security_profile_final_par_without_duplicate_parameters(fapi: FapiPlan) -> None:
    request = fapi.client.request()
    assert "code" in check_answer(fapi.client, request, visit(fapi, fapi.client.pushed(request)))


def test_fapi2_security_profile_final_ensure_different_nonce_inside_and_outside_request_object(fapi: FapiPlan) -> None:
    """Into the ID token goes what was pushed."""
    party = fapi.client
    request = party.request()
    answer = check_answer(party, request, visit(fapi, party.pushed(request), nonce="outside"))
    assert given_for_code(party, request, answer, {}).id_token["nonce"] == request["nonce"]


def test_fapi2_security_profile_final_ensure_different_state_inside_and_outside_request_object(fapi: FapiPlan) -> None:
    request = fapi.client.request()
    stop = visit(fapi, fapi.client.pushed(request), state="outside")
    assert check_answer(fapi.client, request, stop)["state"] == request["state"]


def test_fapi2_security_profile_final_state_only_outside_request_object_not_used(fapi: FapiPlan) -> None:
    request = fapi.client.request(state=None)
    stop = visit(fapi, fapi.client.pushed(request), state="outside")
    assert "state" not in check_answer(fapi.client, request, stop)


def test_fapi2_security_profile_final_ensure_authorization_request_with_long_state(fapi: FapiPlan) -> None:
    request = fapi.client.request(state="s" * 1000)
    assert check_answer(fapi.client, request, visit(fapi, fapi.client.pushed(request)))["state"] == "s" * 1000


def test_fapi2_security_profile_final_ensure_request_object_without_redirect_uri_fails(fapi: FapiPlan) -> None:
    refused(fapi.client, *REFUSED, redirect_uri=None)


def test_fapi2_security_profile_final_plain_fapi_tolerate_unregistered_redirect_uri(fapi: FapiPlan) -> None:
    refused(fapi.client, "invalid_request", redirect_uri="https://app.example/unregistered")


def test_fapi2_security_profile_final_ensure_registered_redirect_uri(fapi: FapiPlan) -> None:
    refused(fapi.client, "invalid_request", redirect_uri=f"{CALLBACK}/unregistered")


def test_fapi2_security_profile_final_ensure_unsigned_authorization_request_without_using_par_fails(
    fapi: FapiPlan,
) -> None:
    request = fapi.client.request()
    stop = RelyingParty.send(fapi.client, fapi.signed_in(), request)
    check_error(fapi.client, request, stop, "invalid_request")


def test_fapi2_security_profile_final_ensure_response_type_code_idtoken_fails(fapi: FapiPlan) -> None:
    refused(fapi.client, *NO_SUCH_TYPE, response_type="code id_token")


def test_fapi2_security_profile_final_ensure_response_type_token_fails(fapi: FapiPlan) -> None:
    refused(fapi.client, *NO_SUCH_TYPE, response_type="token")


# K: only private_key_jwt.


def pushed_with(plan: FapiPlan, **claims: Any) -> int:
    """The status of a push whose assertion has these claims. What is refused is refused for who it is of."""
    reply = plan.client.push(plan.client.carried(plan.client.request()), plan.client.proof(**claims))
    if reply.status != 201:
        check_token_error(reply, "invalid_client", "invalid_request")
    return reply.status


def nbf_ahead(plan: FapiPlan, seconds: int) -> int:
    """The same of an assertion that begins so many seconds ahead."""
    now_s = plan.provider.now_s()
    return pushed_with(plan, nbf=now_s + seconds, exp=now_s + seconds + 60)


def test_fapi2_security_profile_final_par_ensure_jwt_client_assertions_nbf_8_seconds_in_the_future_is_accepted(
    fapi_by_key: FapiPlan,
) -> None:
    assert nbf_ahead(fapi_by_key, 8) == 201


def test_fapi2_security_profile_final_par_ensure_jwt_client_assertions_nbf_over_60_seconds_in_the_future_fails(
    fapi_by_key: FapiPlan,
) -> None:
    assert nbf_ahead(fapi_by_key, 61) == 401


def test_fapi2_security_profile_final_par_test_array_as_audience_fails(fapi_by_key: FapiPlan) -> None:
    assert pushed_with(fapi_by_key, aud=[fapi_by_key.provider.issuer]) == 401


def test_fapi2_security_profile_final_par_test_par_endpoint_url_as_audience_fails(fapi_by_key: FapiPlan) -> None:
    url = fapi_by_key.provider.metadata["pushed_authorization_request_endpoint"]
    assert pushed_with(fapi_by_key, aud=url) == 401


def test_fapi2_security_profile_final_par_test_token_endpoint_url_as_audience_fails(fapi_by_key: FapiPlan) -> None:
    assert pushed_with(fapi_by_key, aud=fapi_by_key.provider.metadata["token_endpoint"]) == 401
