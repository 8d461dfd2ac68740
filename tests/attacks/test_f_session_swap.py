"""attacks.md 44: the session changes while a request waits: another tab, another person, a cookie that was stolen.

What a person did in a pending request counts for them, and for the session that came of it, alone.
"""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.authorization.steps import RESUME, location_of
from tallystick.users.assurance import MULTI_FACTOR
from tallystick.web.cookies import SESSION
from tests.authorization.asking import Asking, application, asking_nobody
from tests.inprocess import InProcess
from tests.people import PASSWORD, person, signed_in
from tests.signin import Visitor, visitor
from tests.ui.factor_steps import Somebody

MALLORY = "mallory@example.org"


def resumed(browser: Visitor, state: str) -> Any:
    return browser.get(location_of(RESUME, state))


def stolen_cookie(house: InProcess) -> str:
    """Of Jane's session, an hour old."""
    cookie = signed_in(house, person(house)).cookies[SESSION]
    house.clock.advance(3600)
    return cookie


@pytest.mark.parametrize("demand", [{"prompt": "login"}, {"max_age": "60"}, {"max_age": "0"}])
def test_44_a_stolen_cookie_is_not_renewed_by_the_thiefs_own_sign_in(house: InProcess, demand: dict[str, str]) -> None:
    """The thief proves who they are, as asked; then puts the stolen session in the place of their own."""
    stolen = stolen_cookie(house)
    person(house, MALLORY, password=PASSWORD)
    app = asking_nobody(house)
    app.browser.stops_before = RESUME
    page = app.ask(**demand)
    page.press("sign-in", username=MALLORY, password=PASSWORD)
    app.browser.stops_before = ""
    app.browser.cookies[SESSION] = stolen
    assert resumed(app.browser, page.state).path == "/u/login"


def test_44_who_chose_an_account_chose_no_other(house: InProcess) -> None:
    stolen = stolen_cookie(house)
    app = Asking(house, application(house), signed_in(house, person(house, MALLORY)))
    app.browser.stops_before = RESUME
    page = app.ask(prompt="select_account")
    page.press("continue")
    app.browser.stops_before = ""
    app.browser.cookies[SESSION] = stolen
    assert resumed(app.browser, page.state).path == "/u/account-choice"


def test_44_one_persons_consent_is_not_anothers(house: InProcess) -> None:
    """An own application asks for consent all the same; meanwhile somebody else signs in, in another tab."""
    app = Asking(house, application(house), signed_in(house, person(house)))
    app.browser.stops_before = RESUME
    page = app.ask(prompt="consent")
    page.press("allow")
    app.browser.stops_before = ""
    signed_in(house, person(house, MALLORY), browser=app.browser)
    again = resumed(app.browser, page.state)
    assert again.path == "/u/consent"
    assert MALLORY in again.reply.text
    assert "code" in again.press("allow").answer


def test_44_a_page_that_was_shown_to_one_person_is_not_answered_by_another(house: InProcess) -> None:
    app = Asking(house, application(house, is_first_party=False), signed_in(house, person(house)))
    page = app.ask()
    signed_in(house, person(house, MALLORY), browser=app.browser)
    again = page.press("allow")
    assert (again.path, again.status) == ("/u/consent", 200)
    assert MALLORY in again.reply.text


def test_44_nobody_consents_to_what_was_not_shown(house: InProcess) -> None:
    """A scope that nobody defines is left out. When the API defines it while somebody reads, they are asked anew."""
    api = house.made("POST", "resource-servers", {"identifier": "https://api.example/", "scopes": [{"value": "read"}]})
    client = application(house, is_first_party=False)
    app = Asking(house, client, signed_in(house, person(house)))
    page = app.ask(audience="https://api.example/", scope="openid read delete:everything")
    assert "delete:everything" not in page.reply.text
    house.ask("PATCH", f"resource-servers/{api['id']}", {"scopes": [{"value": "read"}, {"value": "delete:everything"}]})
    again = page.press("allow")
    assert (again.path, again.status) == ("/u/consent", 200)
    assert "delete:everything" in again.reply.text
    assert "code" in again.press("allow").answer


def test_44_a_sign_in_that_somebody_elses_browser_holds_gives_no_session(house: InProcess) -> None:
    """The id of a pending request alone, or with a browser's cookie of one's own choice, opens nothing."""
    person(house, MALLORY, password=PASSWORD)
    app = asking_nobody(house)
    page = app.ask()
    thief = visitor(house)
    thief.cookies["__Host-tallystick_browser"] = "A" * 43
    assert thief.get(page.url).status == 400
    fields = {**page.page.button("sign-in")[0].fields, "username": MALLORY, "password": PASSWORD}
    assert thief.post(page.url, fields).status == 400
    assert SESSION not in thief.cookies


def test_44_a_new_password_does_not_renew_what_other_factors_proved(house: InProcess) -> None:
    """Who has a stolen cookie and the password, but not the factor, makes the session no fresher than it is."""
    user = person(house, password=PASSWORD)
    app = Asking(house, application(house), signed_in(house, user, ["pwd", "otp", "mfa"]))
    house.clock.advance(3600)
    changed = app.browser.get("/account").press("change-password", current_password=PASSWORD, new_password=MALLORY)
    assert "password is changed" in changed.reply.text
    assert app.ask(max_age="600").path == "/u/login"
    assert "code" in app.ask(max_age="4000").answer


def test_44_a_stolen_cookie_and_a_password_are_no_second_factor(house: InProcess) -> None:
    """The session showed its factor long ago: the password alone changes no factor, and makes none fresh."""
    jane = Somebody(house)
    jane.add_app()
    house.clock.advance(3600)
    thief = jane.browser
    confirmed = thief.get("/account/factors").press("confirm", password=PASSWORD)
    assert "remove-1" not in [button.id for form in confirmed.page.forms for button in form.buttons]
    thief_asks = Asking(house, application(house), thief)
    assert thief_asks.ask(max_age="600", acr_values=MULTI_FACTOR).path == "/u/factor"
    assert "code" in thief_asks.ask(max_age="600", acr_values=MULTI_FACTOR).press("sign-in", otp=jane.code()).answer
