"""Signed requests that are pushed (RFC 9126 3): the object alone counts, and its key is asked for again later."""

from __future__ import annotations

from typing import Any

from tallystick.authorization.code import AuthorizationCode
from tests.authorization.asking import check_of, sent_back
from tests.authorization.pushing import post, proof_of, refused, turned_away, visit
from tests.authorization.request_objects.signing import Signing, signing
from tests.inprocess import Answered, InProcess


def push(app: Signing, text: str, **beside: Any) -> Answered:
    """This object, pushed by secret, with what stands beside it in the form."""
    return post(app, {"client_id": app.client["client_id"], **proof_of(app), "request": text, **beside})


def pushed(app: Signing, **claims: Any) -> str:
    """An honest object, which must be taken; its name."""
    answer = push(app, app.object(**claims))
    assert answer.status == 201, answer.content
    return str(answer.json()["request_uri"])


def client_path(app: Signing) -> str:
    return f"clients/{app.client['client_id']}"


def test_nothing_beside_the_object_counts(house: InProcess) -> None:
    app = signing(house)
    outside = {"redirect_uri": "https://evil.example/", "state": "outside", "nonce": "n", "prompt": "none login"}
    answer = push(app, app.object(state="inside"), **outside)
    assert answer.status == 201, answer.content
    assert visit(app, answer.json()["request_uri"]).answer["state"] == "inside"


def test_the_code_knows_the_key_that_signed(house: InProcess) -> None:
    app = signing(house)
    assert "code" in visit(app, pushed(app)).answer
    (code,) = house.run(house.worker.storage.find(AuthorizationCode, house.tenant.tenant_id))
    (reference,) = house.ask("GET", client_path(app))["signed_request_object"]["credentials"]
    assert code.credential_id == reference["id"]


def test_where_signing_is_demanded_a_signed_push_is_taken(house: InProcess) -> None:
    app = signing(house)
    house.ask("PATCH", client_path(app), {"signed_request_object": {"required": True}})
    assert "code" in visit(app, pushed(app)).answer
    refused(post(app, {**app.parameters(), **proof_of(app)}), "invalid_request")


def test_where_pushing_is_demanded_a_signature_is_no_push(house: InProcess) -> None:
    """attacks.md 36."""
    app = signing(house, require_pushed_authorization_requests=True)
    stop = app.carry(app.object(state="s t&a=te"))
    sent_back(app, stop, "invalid_request", "pushed_as_demanded")


def test_the_push_spends_the_object_and_the_answer_the_push(house: InProcess) -> None:
    app = signing(house)
    text = app.object(jti="once")
    request_uri = push(app, text).json()["request_uri"]
    refused(push(app, text), "invalid_request_object")
    assert "code" in visit(app, request_uri).answer
    assert app.carry(text).answer["error"] == "invalid_request_object"


def test_an_object_that_is_over_after_its_push_was_in_time(house: InProcess) -> None:
    app = signing(house, par_request_expiry=600)
    request_uri = pushed(app)
    house.clock.advance(300)
    assert "code" in visit(app, request_uri).answer


def test_an_object_that_names_another_client_or_a_request_uri(house: InProcess) -> None:
    """attacks.md 35."""
    app, other = signing(house), signing(house)
    refused(push(app, other.object()), "invalid_request_object")
    refused(push(app, app.object(client_id=other.client["client_id"])), "invalid_request_object")
    refused(push(app, app.object(request_uri=pushed(app))), "invalid_request_object")
    refused(push(app, "e30.e30."), "invalid_request_object")


def test_an_object_is_bounded_by_what_it_asks(house: InProcess) -> None:
    app = signing(house)
    own: dict[str, Any] = {f"ext-{number}": "x" * 1100 for number in range(9)}
    assert push(app, app.object(**own, unknown="x" * 5000)).status == 201
    refused(push(app, app.object(**{**own, "ext-9": "x" * 1000})), "invalid_request", 413)


def test_a_key_that_signs_no_more_takes_its_push_along(house: InProcess) -> None:
    app = signing(house)
    first, second = pushed(app, state="s t&a=te"), pushed(app)
    assert "code" in visit(app, second).answer
    house.ask("PATCH", client_path(app), {"signed_request_object": None})
    sent_back(app, visit(app, first), "invalid_request", "vouching_credential_live")


def test_a_withdrawn_key_takes_its_push_along(house: InProcess) -> None:
    app = signing(house)
    request_uri = pushed(app, state="s t&a=te")
    (reference,) = house.ask("GET", client_path(app))["signed_request_object"]["credentials"]
    house.ask("PATCH", client_path(app), {"signed_request_object": None})
    house.ask("DELETE", f"{client_path(app)}/credentials/{reference['id']}")
    sent_back(app, visit(app, request_uri), "invalid_request", "vouching_credential_live")
    turned_away(visit(app, request_uri))
    assert check_of(house) == "pushed.unknown"
