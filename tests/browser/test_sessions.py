"""The session that a browser has: used silently, refreshed on demand, ended everywhere."""

from __future__ import annotations

import time

from playwright.sync_api import Page, expect

from tests.administrator import Administrator
from tests.application import decoded
from tests.browser.application import WebApplication, sign_in, web_application
from tests.browser.person import Person
from tests.receiver import Receiver
from tests.relying_party import RelyingParty


def signed_in_once(page: Page, application: WebApplication, person: Person) -> tuple[str, dict[str, object]]:
    """Sign in; the ID token and its claims."""
    asked = application.asks()
    page.goto(asked.url)
    sign_in(page, person)
    id_token = application.redeems(asked, application.answered(asked).answer["code"])["id_token"]
    return id_token, decoded(id_token)[1]


def test_prompt_none_answers_from_the_session_and_without_one_says_so(
    page: Page, admin: Administrator, party: RelyingParty, person: Person
) -> None:
    application = web_application(admin, party)
    early = application.asks(prompt="none")
    page.goto(early.url)
    assert application.answered(early).answer["error"] == "login_required"
    _, first = signed_in_once(page, application, person)
    asked = application.asks(prompt="none")
    page.goto(asked.url)
    second = application.signed_in(asked)
    assert (second["sub"], second["sid"], second["auth_time"]) == (first["sub"], first["sid"], first["auth_time"])


def test_max_age_asks_again_when_the_sign_in_is_older(
    page: Page, admin: Administrator, party: RelyingParty, person: Person
) -> None:
    application = web_application(admin, party)
    _, first = signed_in_once(page, application, person)
    fresh = application.asks(max_age="10000")
    page.goto(fresh.url)
    assert application.signed_in(fresh)["auth_time"] == first["auth_time"]
    while time.time() < float(str(first["auth_time"])) + 2:
        time.sleep(0.1)
    asked = application.asks(max_age="1")
    page.goto(asked.url)
    sign_in(page, person)
    assert application.signed_in(asked)["auth_time"] > first["auth_time"]


def test_logout_with_a_hint_returns_to_the_application_and_the_session_is_over(
    page: Page, admin: Administrator, party: RelyingParty, person: Person
) -> None:
    after = f"{party.origin}/signed-out"
    application = web_application(admin, party, allowed_logout_urls=[after])
    id_token, _ = signed_in_once(page, application, person)
    page.goto(f"{admin.server.issuer}oidc/logout?id_token_hint={id_token}&post_logout_redirect_uri={after}&state=left")
    assert party.waited("/signed-out").query == {"state": "left"}
    asked = application.asks(prompt="none")
    page.goto(asked.url)
    assert application.answered(asked).answer["error"] == "login_required"


def test_logout_without_a_hint_asks_the_person(
    page: Page, admin: Administrator, party: RelyingParty, person: Person
) -> None:
    application = web_application(admin, party)
    signed_in_once(page, application, person)
    page.goto(f"{admin.server.issuer}oidc/logout")
    page.click("#sign-out")
    expect(page.get_by_role("heading")).to_be_visible()
    asked = application.asks(prompt="none")
    page.goto(asked.url)
    assert application.answered(asked).answer["error"] == "login_required"


def test_the_account_page_shows_the_session_and_signs_out(
    page: Page, admin: Administrator, party: RelyingParty, person: Person
) -> None:
    application = web_application(admin, party)
    signed_in_once(page, application, person)
    page.goto(f"{admin.server.issuer}account")
    expect(page.get_by_text(person.email).first).to_be_visible()
    page.click("#sign-out")
    asked = application.asks(prompt="none")
    page.goto(asked.url)
    assert application.answered(asked).answer["error"] == "login_required"


def test_an_application_hears_of_the_logout_of_another(
    page: Page, admin: Administrator, party: RelyingParty, person: Person, told: Receiver
) -> None:
    path = f"/{person.user_id[-8:]}"
    hearing = web_application(admin, party, oidc_logout={"backchannel_logout_urls": [told.url(path, host="127.0.0.1")]})
    _, claims = signed_in_once(page, hearing, person)
    page.goto(f"{admin.server.issuer}account")
    page.click("#sign-out")
    (post,) = told.wait(path)
    token = decoded(post.form["logout_token"])[1]
    assert (token["aud"], token["sub"], token["sid"]) == (hearing.client_id, person.user_id, claims["sid"])
