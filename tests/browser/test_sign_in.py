"""Signing in, in Chromium: each way that an application's request can go."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.administrator import Administrator
from tests.browser.application import sign_in, web_application
from tests.browser.person import PASSWORD, Person
from tests.relying_party import RelyingParty


def test_a_confidential_application_gets_its_person(
    page: Page, admin: Administrator, party: RelyingParty, person: Person
) -> None:
    application = web_application(admin, party)
    asked = application.asks()
    page.goto(asked.url)
    sign_in(page, person)
    claims = application.signed_in(asked)
    assert claims["sub"] == person.user_id


def test_a_public_application_gets_its_person_by_pkce(
    page: Page, admin: Administrator, party: RelyingParty, person: Person
) -> None:
    application = web_application(admin, party, app_type="spa", token_endpoint_auth_method="none")
    asked = application.asks()
    page.goto(asked.url)
    sign_in(page, person)
    claims = application.signed_in(asked)
    assert claims["sub"] == person.user_id


def test_form_post_brings_the_answer_as_a_form_and_nothing_in_the_url(
    page: Page, admin: Administrator, party: RelyingParty, person: Person
) -> None:
    application = web_application(admin, party)
    asked = application.asks(response_mode="form_post")
    page.goto(asked.url)
    sign_in(page, person)
    received = application.answered(asked)
    assert received.method == "POST"
    assert received.query == {}
    assert application.redeems(asked, received.form["code"])["token_type"] == "Bearer"


def test_a_wrong_password_is_said_and_the_right_one_goes_on(
    page: Page, admin: Administrator, party: RelyingParty, person: Person
) -> None:
    application = web_application(admin, party)
    asked = application.asks()
    page.goto(asked.url)
    sign_in(page, person, "not-the-password")
    expect(page.get_by_role("alert")).to_be_visible()
    assert page.input_value("input[name=username]") == person.email
    assert page.input_value("input[name=password]") == ""
    sign_in(page, person)
    assert application.signed_in(asked)["sub"] == person.user_id


def test_cancel_tells_the_application(page: Page, admin: Administrator, party: RelyingParty) -> None:
    application = web_application(admin, party)
    asked = application.asks()
    page.goto(asked.url)
    page.click("#cancel")
    assert application.answered(asked).answer["error"] == "access_denied"


def test_the_whole_way_by_keyboard(page: Page, admin: Administrator, party: RelyingParty, person: Person) -> None:
    application = web_application(admin, party)
    asked = application.asks()
    page.goto(asked.url)
    page.focus("input[name=username]")
    page.keyboard.type(person.email)
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.name") != "password":
        page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    assert application.signed_in(asked)["sub"] == person.user_id


def test_somebody_signs_up(page: Page, admin: Administrator, party: RelyingParty, person: Person) -> None:
    application = web_application(admin, party)
    asked = application.asks(screen_hint="signup")
    page.goto(asked.url)
    page.fill("input[name=username]", "new." + person.email)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]:not(#cancel)")
    claims = application.signed_in(asked)
    (made,) = admin.ask("GET", f"users-by-email?email=new.{person.email}")
    assert claims["sub"] == made["user_id"]
    assert made["email_verified"] is False


def test_consent_is_given_once_and_remembered(
    page: Page, admin: Administrator, party: RelyingParty, person: Person
) -> None:
    application = web_application(admin, party, is_first_party=False)
    asked = application.asks()
    page.goto(asked.url)
    sign_in(page, person)
    expect(page.get_by_text(application.client["name"]).first).to_be_visible()
    page.click("#allow")
    assert application.signed_in(asked)["sub"] == person.user_id
    (grant,) = admin.ask("GET", f"grants?user_id={person.user_id}")
    assert grant["clientID"] == application.client_id
    again = application.asks()
    page.goto(again.url)
    assert application.signed_in(again)["sub"] == person.user_id


def test_consent_refused_tells_the_application(
    page: Page, admin: Administrator, party: RelyingParty, person: Person
) -> None:
    application = web_application(admin, party, is_first_party=False)
    asked = application.asks()
    page.goto(asked.url)
    sign_in(page, person)
    page.click("#deny")
    assert application.answered(asked).answer["error"] == "access_denied"
    assert admin.ask("GET", f"grants?user_id={person.user_id}") == []


def test_without_script_it_works_as_well(
    page_without_script: Page, admin: Administrator, party: RelyingParty, person: Person
) -> None:
    application = web_application(admin, party, is_first_party=False)
    asked = application.asks(response_mode="form_post")
    page_without_script.goto(asked.url)
    sign_in(page_without_script, person)
    page_without_script.click("#allow")
    page_without_script.click("#continue")
    assert application.answered(asked).method == "POST"
