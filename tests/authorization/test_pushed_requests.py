"""A browser comes for what was pushed (RFC 9126 4): what counts, how often, how long, and who ends it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from tallystick.authorization.pushed_request import PushedRequest
from tallystick.authorization.pushed_requests import EXPIRES_IN_S
from tests.authorization.asking import (
    REDIRECT_URI,
    VERIFIER,
    Asking,
    application,
    asking,
    asking_nobody,
    check_of,
    redeemed,
    set_tenant,
)
from tests.authorization.pushing import pushed, turned_away, visit
from tests.inprocess import InProcess
from tests.people import PASSWORD, person
from tests.signin import Stop, visitor

JANE = "jane@example.org"


def waiting(house: InProcess) -> list[PushedRequest]:
    return house.run(house.worker.storage.find(PushedRequest, house.tenant.tenant_id))


def sign_in(page: Stop) -> Stop:
    return page.press("sign-in", username=JANE, password=PASSWORD)


def test_a_session_answers_at_once_and_what_was_pushed_is_gone(house: InProcess) -> None:
    app = asking(house)
    stop = visit(app, pushed(app, nonce="n-1"))
    assert stop.location.startswith(REDIRECT_URI)
    assert stop.answer["state"] == "s t&a=te"
    assert redeemed(app, stop.answer["code"], code_verifier=VERIFIER)["id_token"]
    assert waiting(house) == []


def test_client_id_and_request_uri_are_all_that_is_needed(house: InProcess) -> None:
    """par-without-duplicate-parameters."""
    app = asking(house)
    assert "code" in visit(app, pushed(app)).answer


def test_what_stands_beside_is_not_looked_at(house: InProcess) -> None:
    """Nothing in the URL counts that nobody vouched for, whether it agrees, differs, is new, or is nonsense."""
    app = asking(house)
    beside: dict[str, Any] = {
        "state": "another",
        "nonce": "another",
        "redirect_uri": "https://evil.example/",
        "response_type": "token",
        "response_mode": "fragment",
        "scope": "openid email",
        "prompt": "login",
        "max_age": "soon",
        "request": "x",
        "code_challenge": "A" * 43,
    }
    stop = visit(app, pushed(app, state="pushed", nonce=None), **beside)
    assert stop.location.startswith(f"{REDIRECT_URI}?")
    assert stop.answer["state"] == "pushed"
    tokens = redeemed(app, stop.answer["code"], code_verifier=VERIFIER)
    assert tokens["scope"] == "openid"


def test_a_state_outside_is_no_state(house: InProcess) -> None:
    """state-only-outside-request-object-not-used."""
    app = asking(house)
    assert "state" not in visit(app, pushed(app, state=None), state="outside").answer


def test_the_same_beside_is_tolerated(house: InProcess) -> None:
    app = asking(house)
    same: dict[str, Any] = {name: value for name, value in app.parameters().items() if name != "client_id"}
    assert "code" in visit(app, pushed(app), **same).answer


def test_a_form_serves_as_well(house: InProcess) -> None:
    app = asking(house)
    fields = {"client_id": app.client["client_id"], "request_uri": pushed(app)}
    assert "code" in app.browser.post("/authorize", fields).answer
    person(house, JANE, password=PASSWORD)
    nobody = visitor(house)
    page = nobody.post("/authorize", {**fields, "request_uri": pushed(app)}, from_elsewhere=True)
    assert "code" in sign_in(page).answer


def test_client_id_is_required(house: InProcess) -> None:
    app = asking(house)
    stop = app.browser.get(f"/authorize?{urlencode({'request_uri': pushed(app), 'redirect_uri': REDIRECT_URI})}")
    turned_away(stop, "invalid_request")
    assert check_of(house) == "pushed.client_id_missing"


def test_it_may_be_visited_again_until_it_is_answered(house: InProcess) -> None:
    """par-ensure-reused-request-uri-prior-to-auth-completion-succeeds: people reload."""
    person(house, JANE, password=PASSWORD)
    app = asking_nobody(house)
    request_uri = pushed(app)
    first, second = visit(app, request_uri), visit(app, request_uri)
    assert (first.path, second.path) == ("/u/login", "/u/login")
    assert "code" in sign_in(second).answer
    assert len(waiting(house)) == 0


def test_of_two_windows_the_second_comes_too_late(house: InProcess) -> None:
    """One push gives one code, in whichever window it was answered first."""
    person(house, JANE, password=PASSWORD)
    app = asking_nobody(house)
    request_uri = pushed(app)
    other = visitor(house)
    first, second = visit(app, request_uri), visit(app, request_uri, other)
    assert "code" in sign_in(first).answer
    turned_away(sign_in(second))
    assert check_of(house) == "pushed.spent"


def test_an_expired_one_is_refused(house: InProcess) -> None:
    """par-attempt-to-use-expired-request_uri."""
    app = asking(house)
    request_uri = pushed(app)
    house.clock.advance(EXPIRES_IN_S)
    turned_away(visit(app, request_uri))
    assert check_of(house) == "pushed.expired"


def test_the_last_moment_counts(house: InProcess) -> None:
    app = asking(house)
    request_uri = pushed(app)
    house.clock.advance(EXPIRES_IN_S - 0.001)
    assert "code" in visit(app, request_uri).answer


def test_whoever_came_in_time_may_take_their_time(house: InProcess) -> None:
    """The page has the request; its reload does not ask for the name again."""
    person(house, JANE, password=PASSWORD)
    app = asking_nobody(house)
    page = visit(app, pushed(app))
    house.clock.advance(600)
    again = app.browser.get(page.url)
    assert "code" in sign_in(again).answer


def test_the_life_is_the_clients(house: InProcess) -> None:
    app = asking(house, par_request_expiry=90)
    request_uri = pushed(app)
    house.clock.advance(89)
    assert "code" in visit(app, request_uri).answer
    late = pushed(app)
    house.clock.advance(90)
    turned_away(visit(app, late))


def test_a_refusal_is_an_answer_too(house: InProcess) -> None:
    """What the application was told is over, also when nobody was signed in."""
    app = asking_nobody(house)
    request_uri = pushed(app, prompt="none")
    assert visit(app, request_uri).answer["error"] == "login_required"
    assert waiting(house) == []
    turned_away(visit(app, request_uri))
    assert check_of(house) == "pushed.unknown"


def test_who_denies_answers(house: InProcess) -> None:
    app = asking(house, is_first_party=False)
    request_uri = pushed(app)
    first, second = visit(app, request_uri), visit(app, request_uri)
    assert first.press("deny").answer["error"] == "access_denied"
    assert waiting(house) == []
    turned_away(second.press("deny"))
    assert check_of(house) == "pushed.spent"


def test_a_page_is_no_answer(house: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is too busy has told the application nothing: the person may try again."""
    monkeypatch.setattr("tallystick.authorization.waiting_room.BURST", 0)
    app = asking_nobody(house)
    request_uri = pushed(app)
    assert visit(app, request_uri).status == 503
    assert len(waiting(house)) == 1
    monkeypatch.undo()
    assert visit(app, request_uri).path == "/u/login"


@pytest.mark.parametrize("name", ["", "x", "A" * 43, "A" * 10_000])
def test_an_unknown_name_is_refused(house: InProcess, name: str) -> None:
    app = asking(house)
    turned_away(visit(app, f"urn:ietf:params:oauth:request_uri:{name}"))
    assert check_of(house) == "pushed.unknown"


def test_what_is_switched_off_is_no_way_in(house: InProcess) -> None:
    app = asking(house)
    request_uri = pushed(app)
    set_tenant(house, pushed_authorization_requests_supported=False)
    turned_away(visit(app, request_uri))
    assert check_of(house) == "pushed.off"


def test_a_hint_at_the_push_counts_at_the_visit(house: InProcess) -> None:
    """``id_token_hint`` is not kept; whom it meant is."""
    app = asking(house)
    tokens = app.tokens()
    request_uri = pushed(app, id_token_hint=tokens["id_token"], prompt="none")
    (row,) = waiting(house)
    assert "id_token_hint" not in row.parameters
    assert row.hinted_subject
    other = asking(house).browser
    assert visit(app, request_uri, other).answer["error"] == "login_required"
    mine = pushed(app, id_token_hint=tokens["id_token"], prompt="none")
    assert "code" in visit(app, mine).answer


def test_what_changed_since_the_push_counts(house: InProcess) -> None:
    """Every row is walked again at the visit, and at each return."""
    app = asking(house)
    request_uri = pushed(app)
    house.ask("PATCH", f"clients/{app.client['client_id']}", {"callbacks": ["https://app.example/other"]})
    turned_away(visit(app, request_uri), "invalid_request")
    assert check_of(house) == "authorize.redirect_uri_registered"


def test_a_deleted_application_leaves_nothing(house: InProcess) -> None:
    app = Asking(house, application(house), visitor(house))
    pushed(app)
    house.ask("DELETE", f"clients/{app.client['client_id']}")
    assert waiting(house) == []
