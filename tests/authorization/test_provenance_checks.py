"""How a request came in: what must be pushed or signed, and that whoever vouched for it still may."""

from __future__ import annotations

from typing import Any

from tests.authorization.asking import asking, asking_nobody, sent_back, set_tenant
from tests.authorization.pushing import pushed, visit
from tests.forge import Key
from tests.inprocess import InProcess
from tests.people import PASSWORD, person

REQUIRED: dict[str, Any] = {"require_pushed_authorization_requests": True}
JANE = "jane@example.org"


def test_a_client_demands_that_requests_are_pushed(house: InProcess) -> None:
    app = asking(house, **REQUIRED)
    answer = sent_back(app, app.ask(), "invalid_request", "pushed_as_demanded")
    assert answer["error_description"] == "Pushed Authorization Requests are required by this application"
    assert "code" in visit(app, pushed(app)).answer


def test_a_tenant_demands_it_of_everybody(house: InProcess) -> None:
    app = asking(house)
    set_tenant(house, **REQUIRED)
    answer = sent_back(app, app.ask(), "invalid_request", "pushed_as_demanded")
    assert answer["error_description"] == "Pushed Authorization Requests are required by this tenant"
    assert "code" in visit(app, pushed(app)).answer


def test_what_is_demanded_meanwhile_counts(house: InProcess) -> None:
    """The demand is asked at every return: what was begun without it is not finished without it."""
    person(house, JANE, password=PASSWORD)
    app = asking_nobody(house)
    page = app.ask()
    set_tenant(house, **REQUIRED)
    sent_back(app, page.press("sign-in", username=JANE, password=PASSWORD), "invalid_request", "pushed_as_demanded")


def test_a_pushed_request_is_still_one_after_the_page(house: InProcess) -> None:
    person(house, JANE, password=PASSWORD)
    app = asking_nobody(house, **REQUIRED)
    page = visit(app, pushed(app))
    assert "code" in page.press("sign-in", username=JANE, password=PASSWORD).answer


def test_a_client_demands_that_requests_are_signed(house: InProcess) -> None:
    app = asking(house, **signed_by_a_key())
    sent_back(app, app.ask(), "invalid_request", "signed_as_demanded")


def signed_by_a_key() -> dict[str, Any]:
    body = {"credential_type": "public_key", "pem": Key("PS256").public_pem, "alg": "PS256"}
    return {"signed_request_object": {"required": True, "credentials": [body]}}


def withdraw(house: InProcess, client_id: str) -> None:
    house.ask("POST", f"clients/{client_id}/rotate-secret")


def test_a_withdrawn_credential_takes_its_push_along(house: InProcess) -> None:
    app = asking(house)
    request_uri = pushed(app)
    withdraw(house, app.client["client_id"])
    sent_back(app, visit(app, request_uri), "invalid_request", "vouching_credential_live")


def test_it_does_so_while_the_person_is_asked(house: InProcess) -> None:
    person(house, JANE, password=PASSWORD)
    app = asking_nobody(house)
    page = visit(app, pushed(app))
    withdraw(house, app.client["client_id"])
    stop = page.press("sign-in", username=JANE, password=PASSWORD)
    sent_back(app, stop, "invalid_request", "vouching_credential_live")
