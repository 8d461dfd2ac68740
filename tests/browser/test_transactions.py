"""Transactions in Chromium, by keyboard alone: payments, each of which takes a second factor and a page of its own."""

from __future__ import annotations

import json

import pyotp
from playwright.sync_api import Page, expect

from tests.administrator import Administrator, Json, unique
from tests.application import decoded
from tests.browser.application import WebApplication, web_application
from tests.browser.person import Person
from tests.browser.test_factors import new_code
from tests.relying_party import Ask, RelyingParty

PAYMENT = {"type": "payment", "amount": "12.30", "creditor": "Bakery Zoë"}


def typed(page: Page, field: str, text: str) -> None:
    """Go on until the field has the focus, and fill it in."""
    while page.evaluate("document.activeElement.name") != field:
        page.keyboard.press("Tab")
    page.keyboard.type(text)


def pressed(page: Page, id_: str) -> None:
    """Go on to the button, and press it."""
    while page.evaluate("document.activeElement.id") != id_:
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")


def paid(page: Page, application: WebApplication, asked: Ask) -> Json:
    """Confirm what the page shows; the claims of the access token."""
    expect(page.get_by_text(PAYMENT["amount"], exact=True)).to_be_visible()
    pressed(page, "allow")
    expect(page.locator("#returned")).to_be_visible()
    code = application.answered(asked).answer["code"]
    return decoded(application.redeems(asked, code)["access_token"])[1]


def test_each_payment_takes_a_factor_and_a_page(
    page: Page, admin: Administrator, party: RelyingParty, person: Person
) -> None:
    body = {
        "identifier": f"https://{unique('bank')}.example/",
        "authorization_details": [{"type": "payment"}],
        "consent_policy": "transactional-authorization-with-mfa",
    }
    audience = admin.made("POST", "resource-servers", body)["identifier"]
    application = web_application(admin, party)
    payment = {"audience": audience, "authorization_details": json.dumps([PAYMENT])}

    asked = application.asks(**payment)
    page.goto(application.pushes(asked))
    typed(page, "username", person.email)
    typed(page, "password", person.password)
    page.keyboard.press("Enter")
    key = page.locator("#key").inner_text().replace(" ", "").strip()
    typed(page, "otp", pyotp.TOTP(key).now())
    page.keyboard.press("Enter")
    expect(page.locator("#continue")).to_be_visible()
    pressed(page, "continue")
    first = paid(page, application, asked)

    asked = application.asks(**payment)
    page.goto(application.pushes(asked))
    typed(page, "otp", new_code(key))
    page.keyboard.press("Enter")
    second = paid(page, application, asked)
    assert first["authorization_details"] == second["authorization_details"] == [PAYMENT]
    assert first["transaction_linking_id"] != second["transaction_linking_id"]

    asked = application.asks(**payment)
    page.goto(application.pushes(asked))
    pressed(page, "cancel")
    assert application.answered(asked).answer["error"] == "access_denied"
