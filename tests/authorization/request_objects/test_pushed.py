"""Signed requests that are pushed: RFC 9126 3, FAPI 2 Message Signing 5.3."""

from __future__ import annotations

import pytest

from tests.authorization.asking import CHALLENGE, check_of, last_event, sent_back
from tests.authorization.pushing import refused as push_refused
from tests.authorization.pushing import visit
from tests.authorization.request_objects.encrypting import encrypted
from tests.authorization.request_objects.signing import FAPI, LEFT_OUT, refuses, signing, takes
from tests.inprocess import InProcess


def test_what_was_signed_and_pushed_is_the_request(house: InProcess) -> None:
    """FAPI: state-only-outside-request-object-not-used, ensure-different-nonce-inside-and-outside-request-object."""
    app = signing(house)
    answer = app.push(
        app.object(state=LEFT_OUT), state="beside", code_challenge=CHALLENGE, redirect_uri="https://x.example/"
    )
    assert answer.status == 201, answer.content
    stop = visit(app, answer.json()["request_uri"], state="outside", scope="email")
    assert set(stop.answer) == {"code", "iss"}


@pytest.mark.parametrize("level", [None, FAPI])
def test_an_encrypted_object_is_pushed_as_well(house: InProcess, level: str | None) -> None:
    app = signing(house, level=level)
    takes(app, encrypted(house, app.object()))
    refuses(app, encrypted(house, app.object(aud="https://other.example/")), "request_object.aud")


def test_a_fapi_client_must_sign(house: InProcess) -> None:
    """FAPI: ensure-unsigned-request-at-par-endpoint-fails, ensure-unsigned-authorization-request-without-using-par."""
    app = signing(house, level=FAPI)
    push_refused(app.push("", **app.claims(iss=None, aud=None)), "invalid_request")
    assert check_of(house) == "authorize.signed_as_demanded"
    stop = app.carry(app.object(state="s t&a=te"))
    sent_back(app, stop, "invalid_request", "pushed_as_demanded")


def test_signing_is_demanded_of_a_client_by_its_own_field(house: InProcess) -> None:
    app = signing(house)
    house.ask("PATCH", f"clients/{app.client['client_id']}", {"signed_request_object": {"required": True}})
    sent_back(app, app.ask(), "invalid_request", "signed_as_demanded")
    assert "code" in app.answer()


def test_the_push_spends_the_jti(house: InProcess) -> None:
    """And the answer does not spend it again; nor does a push that is refused for another reason."""
    app = signing(house)
    text = app.object(jti="once", scope="openid  twice")
    for _ in range(2):
        push_refused(app.push(text), "invalid_scope")
    text = app.object(jti="once")
    request_uri = app.push(text).json()["request_uri"]
    push_refused(app.push(text), "invalid_request_object")
    assert check_of(house) == "request_object.spent"
    assert app.carry(text).answer["error"] == "invalid_request_object"
    assert "code" in visit(app, request_uri).answer


def test_the_log_tells_what_was_signed_and_no_secret(house: InProcess) -> None:
    app = signing(house)
    push_refused(app.push(app.object(exp=1, login_hint="jane@example.org", nonce="n-1")), "invalid_request_object")
    details = last_event(house).details
    assert (details["check"], details["jwt_claims"]["exp"]) == ("request_object.exp_past", 1)
    assert details["jwt_header"] == {"alg": "ES256", "typ": "oauth-authz-req+jwt"}
    assert details["server_time_s"] == app.now_s
    assert not any(secret in str(details) for secret in ("jane@", "n-1"))


def test_the_signing_key_counts_as_used(house: InProcess) -> None:
    app = signing(house)
    assert "code" in app.answer()
    house.flush()
    (credential,) = house.ask("GET", f"clients/{app.client['client_id']}/credentials")
    assert credential["last_used_at"]


def test_a_key_that_was_withdrawn_takes_its_requests_along(house: InProcess) -> None:
    """What waits at a page, or was pushed, is asked for anew at the return."""
    app = signing(house)
    request_uri = app.push(app.object(state="s t&a=te")).json()["request_uri"]
    (credential,) = house.ask("GET", f"clients/{app.client['client_id']}/credentials")
    house.ask("PATCH", f"clients/{app.client['client_id']}", {"signed_request_object": None})
    house.ask("DELETE", f"clients/{app.client['client_id']}/credentials/{credential['id']}")
    sent_back(app, visit(app, request_uri), "invalid_request", "vouching_credential_live")
