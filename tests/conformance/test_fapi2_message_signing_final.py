"""FAPI 2 Message Signing, Final: what signed_non_repudiation and jarm add to the modules of the Security Profile.

The Foundation names these modules after the Security Profile, too. What they have in common runs on the plans of
Message Signing in `test_fapi2_security_profile_final`, in `test_fapi2_security_profile_final_token_endpoint`, and in
`test_fapi2_pushed_requests`.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conformance.back_channel import check_token_error
from tests.conformance.fapi_party import FapiParty
from tests.conformance.fapi_suite import JARM, SIGNING, FapiPlan
from tests.conformance.front_channel import check_answer, check_error
from tests.forge import LEFT_OUT, Key, b64

OBJECT = "invalid_request_object"
HOUR_S = 3600
PLAIN = tuple(name for name in SIGNING if name not in JARM)


def pushed(party: FapiParty, text: str) -> int:
    """The status of a push of this object."""
    return party.push({"client_id": party.client_id, "request": text}).status


def refused(party: FapiParty, text: str, *errors: str) -> None:
    """Assert that the object is refused as it is pushed, to the client alone."""
    reply = party.push({"client_id": party.client_id, "request": text})
    assert (reply.status, reply.header("location")) == (400, "")
    check_token_error(reply, *(errors or (OBJECT,)))


def refused_with(party: FapiParty, **claims: Any) -> None:
    """The same with these claims; as it is, it is taken."""
    request = party.request()
    assert pushed(party, party.request_object(request)) == 201
    refused(party, party.request_object(request, **claims))


def test_fapi2_security_profile_final_ensure_request_object_with_multiple_aud_succeeds(signing: FapiPlan) -> None:
    """Whereas an assertion for several is refused: `test_fapi2_pushed_requests`."""
    for party in signing.parties:
        aud = [signing.provider.issuer, "https://other1.example.com/invalid"]
        request = party.request()
        text = party.request_object(request, aud=aud)
        reply = party.push({"client_id": party.client_id, "request": text})
        stop = party.visit(signing.signed_in(), request, json.loads(reply.text)["request_uri"])
        assert check_answer(party, request, stop)["code"]


def test_fapi2_security_profile_final_ensure_request_object_with_nbf_8_seconds_in_the_future_is_accepted(
    signing: FapiPlan,
) -> None:
    party = signing.client
    assert pushed(party, party.request_object(party.request(), nbf=signing.provider.now_s() + 8)) == 201


def test_fapi2_security_profile_final_ensure_request_object_without_exp_fails(signing: FapiPlan) -> None:
    refused_with(signing.client, exp=LEFT_OUT)


def test_fapi2_security_profile_final_ensure_request_object_without_nbf_fails(signing: FapiPlan) -> None:
    refused_with(signing.client, nbf=LEFT_OUT)


def test_fapi2_security_profile_final_ensure_expired_request_object_fails(signing: FapiPlan) -> None:
    now_s = signing.provider.now_s()
    refused_with(signing.client, nbf=now_s - 600, exp=now_s - 300)


def test_fapi2_security_profile_final_ensure_request_object_with_bad_aud_fails(signing: FapiPlan) -> None:
    refused_with(signing.client, aud="https://www.other1.com/")


def test_fapi2_security_profile_final_ensure_request_object_with_exp_over_60_fails(signing: FapiPlan) -> None:
    refused_with(signing.client, exp=signing.provider.now_s() + HOUR_S + 600)


def test_fapi2_security_profile_final_ensure_request_object_with_nbf_over_60_fails(signing: FapiPlan) -> None:
    """Also where it would be good for less than an hour in all, had it begun in time."""
    now_s = signing.provider.now_s()
    refused_with(signing.client, nbf=now_s - HOUR_S - 600)
    refused_with(signing.client, nbf=now_s - HOUR_S - 5, exp=now_s - 6)


def test_fapi2_security_profile_final_ensure_signed_request_object_with_rs256_fails(signing: FapiPlan) -> None:
    """With the very key that is registered for PS256."""
    party = signing.second_client
    assert party.request_key is not None
    key = Key("RS256", private=party.request_key.private)
    refused(party, party.request_object(party.request(), key=key))


def test_fapi2_security_profile_final_ensure_request_object_signature_algorithm_is_not_none(signing: FapiPlan) -> None:
    for party in signing.parties:
        _, payload, _ = party.request_object(party.request()).split(".")
        for alg in ("none", "None"):
            refused(party, f"{b64(json.dumps({'alg': alg}).encode())}.{payload}.")


def test_fapi2_security_profile_final_ensure_request_object_with_invalid_signature_fails(signing: FapiPlan) -> None:
    for party in signing.parties:
        head, _, signature = party.request_object(party.request()).rpartition(".")
        refused(party, f"{head}.{signature[:-8]}{'A' * 8}")


def test_fapi2_security_profile_final_ensure_matching_key_in_authorization_request(signing: FapiPlan) -> None:
    text = signing.client.request_object(signing.client.request(), key=signing.second_client.request_key)
    refused(signing.client, text, "invalid_request", OBJECT)


def test_fapi2_security_profile_final_ensure_unsigned_request_at_par_endpoint_fails(signing: FapiPlan) -> None:
    for party in signing.parties:
        check_token_error(party.push(party.request()), "invalid_request")


def test_fapi2_security_profile_final_par_authorization_request_containing_request_uri(signing: FapiPlan) -> None:
    request_uri = signing.client.pushed(signing.client.request())
    refused_with(signing.client, request_uri=request_uri)


# fapi_response_mode=jarm. That every answer is one signed `response`, in the query, is looked at in each flow.


@pytest.mark.parametrize("fapi", JARM, indirect=True, scope="module")
@pytest.mark.parametrize("response_mode", ["jwt", "query.jwt"])
def test_signed_answers_are_one_parameter_in_the_query(fapi: FapiPlan, response_mode: str) -> None:
    for party in fapi.parties:
        stop = fapi.flow(party, response_mode=response_mode).stop
        assert "#" not in stop.location
        assert set(stop.answer) - {"dummy1", "dummy2"} == {"response"}


@pytest.mark.parametrize("fapi", JARM, indirect=True, scope="module")
def test_refusals_are_signed_like_answers(fapi: FapiPlan) -> None:
    """At once, where nobody is signed in and no page may ask; and after a page."""
    party = fapi.client
    request = party.request(prompt="none")
    check_error(party, request, party.send(fapi.provider.browser(), request), "login_required")
    request = party.request()
    check_error(party, request, party.send(fapi.provider.browser(), request).press("cancel"), "access_denied")


@pytest.mark.parametrize("fapi", PLAIN, indirect=True, scope="module")
def test_plain_answers_name_their_issuer(fapi: FapiPlan) -> None:
    """plain_response: ``iss`` in the query, and in the metadata that it is there."""
    assert fapi.provider.metadata["authorization_response_iss_parameter_supported"] is True
    for party in fapi.parties:
        assert fapi.flow(party).stop.answer["iss"] == fapi.provider.issuer
