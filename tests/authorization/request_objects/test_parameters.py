"""What of a request object counts, and nothing beside it: RFC 9101 4, 5 and 6.3; attacks.md 34."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.application import decoded
from tests.authorization.asking import CHALLENGE, REDIRECT_URI, VERIFIER, redeemed, sent_back, set_tenant
from tests.authorization.request_objects.signing import LEFT_OUT, refused, signing
from tests.inprocess import InProcess

ELSEWHERE = "https://app.example/elsewhere"


def test_nothing_beside_the_object_counts(house: InProcess) -> None:
    """oidcc-ensure-request-object-with-redirect-uri; FAPI: ensure-different-state-inside-and-outside."""
    app = signing(house, callbacks=[REDIRECT_URI, ELSEWHERE])
    stop = app.carry(
        app.object(redirect_uri=ELSEWHERE, state=LEFT_OUT, nonce="inside"),
        response_type="token",
        scope="openid email",
        nonce="outside",
        response_mode="form_post",
    )
    assert stop.location.startswith(ELSEWHERE)
    assert set(stop.answer) == {"code", "iss"}
    tokens = redeemed(app, stop.answer["code"], redirect_uri=ELSEWHERE)
    assert tokens["scope"] == "openid"


def test_what_is_only_beside_the_object_is_not_there(house: InProcess) -> None:
    """attacks.md 34: a challenge that somebody hung on binds nothing, a response_type likewise."""
    app = signing(house)
    stop = app.carry(app.object(response_type=LEFT_OUT), response_type="code")
    assert stop.answer["error"] == "invalid_request"
    stop = app.carry(app.object(), code_challenge=CHALLENGE, code_challenge_method="S256")
    assert "access_token" in redeemed(app, stop.answer["code"])


def test_a_challenge_inside_binds_the_code(house: InProcess) -> None:
    app = signing(house)
    code = app.answer(code_challenge=CHALLENGE, code_challenge_method="S256")["code"]
    assert "access_token" in redeemed(app, code, code_verifier=VERIFIER)


def test_the_application_is_named_beside_the_object(house: InProcess) -> None:
    app = signing(house)
    for other in (None, "nobody", "x" * 500):
        stop = app.carry(app.object(), client_id=other)
        assert (stop.status, stop.location) == (400, "")
    refused(app, app.carry(app.object(client_id=signing(house).client["client_id"])), "request_object.client_id")


def test_every_check_of_a_request_holds_for_what_was_signed(house: InProcess) -> None:
    app = signing(house)
    stop = app.carry(app.object(redirect_uri="https://evil.example/"))
    assert (stop.status, stop.location) == (400, "")
    stop = app.carry(app.object(scope="openid  twice", state="s t&a=te"))
    sent_back(app, stop, "invalid_scope", "scope_form")


def test_members_of_json_are_parameters(house: InProcess) -> None:
    """RFC 9101 4: numbers stay numbers in the object, and claims is an object."""
    app = signing(house)
    claims = {"id_token": {"email": {"essential": True}}}
    for value in (claims, json.dumps(claims)):
        tokens = redeemed(app, app.answer(claims=value, max_age=3600)["code"])
        id_token = decoded(tokens["id_token"])[1]
        assert {"email", "auth_time"} <= id_token.keys()
    assert app.answer(authorization_details=[{"type": "unheard-of"}])["error"] == "invalid_authorization_details"
    assert app.answer(max_age=3600.0)["code"]
    assert app.answer(max_age=-1)["error"] == "invalid_request"
    assert app.answer(max_age=1.5)["error"] == "invalid_request"


def test_a_resource_may_be_an_array(house: InProcess) -> None:
    """RFC 8707 2.1: what may stand several times in a form."""
    set_tenant(house, resource_parameter_profile="compatibility")
    api = house.api("https://signed.example/")["identifier"]
    app = signing(house)
    assert "access_token" in redeemed(app, app.answer(resource=[api])["code"])
    assert app.answer(resource=[api, "https://other.example/"])["error"] == "invalid_target"
    for resource in ([], [""], [7], [None]):
        refused(app, app.carry(app.object(resource=resource)), "request_object.parameter")


@pytest.mark.parametrize(
    ("name", "value"),
    [("state", None), ("state", {}), ("scope", ["openid"]), ("redirect_uri", [REDIRECT_URI])],
)
def test_what_no_parameter_can_be_is_refused(house: InProcess, name: str, value: Any) -> None:
    app = signing(house)
    refused(app, app.carry(app.object(**{name: value})), "request_object.parameter")


def test_what_is_no_parameter_is_ignored(house: InProcess) -> None:
    app = signing(house)
    others: dict[str, Any] = {
        "cnf": {"jkt": "x"},
        "foo": None,
        "a/b": {"c": []},
        "client_secret": "inside",
        "nonce": "",
    }
    assert "code" in app.answer(**others)
    assert set(app.answer(state="")) == {"code", "iss"}, "empty is as if left out"


def test_an_object_without_any_date_may_be_prepared(house: InProcess) -> None:
    """OpenID Connect Core 6.2: a request that never changes."""
    app = signing(house)
    text = app.object(exp=LEFT_OUT, iat=LEFT_OUT, nbf=LEFT_OUT, iss=LEFT_OUT, aud=LEFT_OUT)
    for _ in range(2):
        assert "code" in app.carry(text).answer
        house.clock.advance(86_400 / 4)
