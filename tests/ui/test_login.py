"""Signing in with a password, form by form."""

from __future__ import annotations

import pytest

from tallystick.users.session import Session
from tallystick.users.user import User
from tallystick.web.cookies import SESSION
from tests.inprocess import InProcess
from tests.people import PASSWORD, person, signed_in
from tests.signin import Stop, visitor
from tests.ui.steps import at, now, rows


def sign_in(page: Stop, password: str = PASSWORD, username: str = "Jane@Example.org") -> Stop:
    return page.press("sign-in", username=username, password=password)


def test_the_right_password_signs_in_and_counts_it(house: InProcess) -> None:
    user = person(house, password=PASSWORD)
    page = visitor(house).get("/account")
    assert page.path == "/u/login"
    stop = sign_in(page)
    assert stop.path == "/account"
    seen = house.run(house.worker.storage.get(User, user.tenant_id, user.user_id))
    assert seen is not None
    assert (seen.logins_count, seen.last_login_ms, seen.last_ip) == (1, house.clock.now_ms(), "127.0.0.1")
    (row,) = rows(house, "s")
    assert (row.user_id, row.user_name) == (user.user_id, user.email)


def test_a_sign_in_for_an_application_is_remembered_in_its_request(house: InProcess) -> None:
    person(house, password=PASSWORD)
    page = at(house, "/u/login", login_hint="jane@example.org", ui_locales="de")
    assert page.page.language == "de"
    assert page.page.forms[0].fields["username"] == "jane@example.org"
    # Chromium holds the redirects that follow a form to this directive.
    assert "form-action 'self' https://app.example;" in page.reply.header("content-security-policy")
    sign_in(page)
    assert now(house, page).progress == {"signed_in_at_ms": house.clock.now_ms()}


def test_the_application_hears_that_the_person_cancelled(house: InProcess) -> None:
    page = at(house, "/u/login")
    page.press("cancel")
    assert now(house, page).progress == {"refused": "access_denied"}
    assert SESSION not in page.visitor.cookies


def test_who_cancels_a_sign_in_to_their_account_is_told_so(house: InProcess) -> None:
    assert "Nothing was changed" in visitor(house).get("/account").press("cancel").reply.text


@pytest.mark.parametrize("username", ["jane@example.org", "nobody@example.org"])
def test_a_wrong_password_and_an_unknown_account_look_alike(house: InProcess, username: str) -> None:
    person(house, password=PASSWORD)
    page = at(house, "/u/login")
    stop = sign_in(page, "Tr0ub4dor", username)
    assert (stop.status, stop.path) == (200, "/u/login")
    assert stop.page.alerts == [
        "That did not match. Check your email address or username, and your password.",
    ]
    assert stop.page.attributes["password"]["aria-invalid"] == "true"
    assert stop.page.forms[0].fields["username"] == username
    assert "Tr0ub4dor" not in stop.reply.text
    assert SESSION not in page.visitor.cookies


def test_a_blocked_account_is_told_to_its_owner(house: InProcess) -> None:
    person(house, password=PASSWORD, blocked=True)
    assert "blocked" in sign_in(at(house, "/u/login")).page.alerts[0]
    assert "blocked" not in sign_in(at(house, "/u/login"), "wrong").page.alerts[0]


def test_too_many_attempts_are_told(house: InProcess) -> None:
    person(house, password=PASSWORD)
    house.ask("PATCH", "attack-protection/brute-force-protection", {"max_attempts": 1})
    page = sign_in(at(house, "/u/login"), "wrong")
    assert "too many" in sign_in(page).page.alerts[0]


def test_a_session_is_never_the_one_that_a_browser_brought(house: InProcess) -> None:
    """Session fixation: whoever puts a cookie into a browser beforehand has nothing of it."""
    user = person(house, password=PASSWORD)
    browser = signed_in(house, user)
    before = browser.cookies[SESSION]
    sign_in(at(house, "/u/login", browser))
    assert browser.cookies[SESSION] != before
    # It goes on under its sid: applications hear of one session.
    assert len(house.run(house.worker.storage.find(Session, user.tenant_id))) == 1
    old = visitor(house)
    old.cookies[SESSION] = before
    assert old.get("/account").path == "/u/login"


def test_somebody_else_s_session_ends_first(house: InProcess) -> None:
    browser = signed_in(house, person(house, "john@example.org"))
    user = person(house, password=PASSWORD)
    sign_in(at(house, "/u/login", browser))
    (left,) = house.run(house.worker.storage.find(Session, user.tenant_id))
    assert left.user_id == user.user_id


@pytest.mark.parametrize("password", ["", " "])
def test_nothing_is_asked_of_the_database_for_an_empty_form(house: InProcess, password: str) -> None:
    stop = at(house, "/u/login").press("sign-in", username=" ", password=password)
    assert "Enter your email" in stop.page.alerts[0]
    assert rows(house, "fu") == []


def switch_passwords_off(house: InProcess) -> None:
    (connection,) = house.ask("GET", "connections")
    methods = {"password": {"enabled": False}, "passkey": {"enabled": True}}
    options = {**connection["options"], "authentication_methods": methods}
    house.ask("PATCH", f"connections/{connection['id']}", {"options": options})


def test_where_passwords_are_switched_off_the_page_has_the_passkey_alone(house: InProcess) -> None:
    switch_passwords_off(house)
    page = visitor(house).get("/account")
    assert page.path == "/u/login"
    assert [name for form in page.page.forms for name in ("username", "password") if name in form.fields] == []
    assert {"passkey", "cancel"} <= set(page.page.by_id)
    assert not {"sign-in", "sign-up", "forgot-password"} & {*page.page.by_id, *page.page.links}
    assert "<noscript>" in page.reply.text


def test_a_bookmarked_page_leads_to_ones_own_account(house: InProcess) -> None:
    user = person(house, password=PASSWORD)
    page = visitor(house).get("/u/login")
    assert (page.path, page.status) == ("/u/login", 200)
    assert page.state
    assert sign_in(page).path == "/account"
    assert signed_in(house, user).get("/u/login").path == "/account"
    assert visitor(house).get("/u/login?state=").status == 400
