"""Second factors and passkeys in Chromium, with an authenticator that the browser itself plays."""

from __future__ import annotations

import time

import pyotp
from playwright.sync_api import Page, expect

from tests.administrator import Administrator
from tests.browser.application import WebApplication, sign_in, web_application
from tests.browser.person import Person
from tests.relying_party import RelyingParty

STEP_S = 30
MULTI_FACTOR = "http://schemas.openid.net/pape/policies/2007/06/multi-factor"


def with_authenticator(page: Page) -> None:
    """A built-in authenticator whose owner agrees to everything, as phones and laptops have it."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    # This one would agree before anybody has touched the button, too, or not, as the machine has time.
    page.add_init_script("PublicKeyCredential.isConditionalMediationAvailable = async () => false")


def new_code(key: str) -> str:
    """A code that was not used yet: the one that comes next, which a clock a little ahead would show."""
    return pyotp.TOTP(key).at(int(time.time()) + STEP_S)


def enrolled_app(page: Page, admin: Administrator, application: WebApplication, person: Person) -> tuple[str, str]:
    """Sign in and add an authenticator app; its key, and the code that was used."""
    asked = application.asks()
    page.goto(asked.url)
    sign_in(page, person)
    application.signed_in(asked)
    page.goto(f"{admin.server.issuer}account/factors")
    page.click("#add-app")
    key = page.locator("#key").inner_text().replace(" ", "").strip()
    code = pyotp.TOTP(key).now()
    page.fill("input[name=otp]", code)
    page.click("#sign-in")
    expect(page.get_by_text("recovery codes", exact=False).first).to_be_visible()
    return key, code


def test_totp_is_asked_for_after_the_password(
    page: Page, admin: Administrator, party: RelyingParty, person: Person
) -> None:
    application = web_application(admin, party)
    key, used = enrolled_app(page, admin, application, person)
    asked = application.asks(prompt="login")
    page.goto(asked.url)
    sign_in(page, person)
    page.fill("input[name=otp]", "000000" if used != "000000" else "000001")
    page.click("#sign-in")
    expect(page.get_by_role("alert").first).to_be_visible()
    page.fill("input[name=otp]", new_code(key))
    page.click("#sign-in")
    claims = application.signed_in(asked)
    assert set(claims["amr"]) == {"pwd", "otp", "mfa"}
    assert claims["acr"] == MULTI_FACTOR


def test_a_passkey_alone_signs_in(page: Page, admin: Administrator, party: RelyingParty, person: Person) -> None:
    with_authenticator(page)
    application = web_application(admin, party)
    asked = application.asks()
    page.goto(asked.url)
    sign_in(page, person)
    application.signed_in(asked)
    page.goto(f"{admin.server.issuer}account/factors")
    page.fill("#add-passkey-name", "My laptop")
    page.click("#add-passkey")
    expect(page.get_by_text("recovery codes", exact=False).first).to_be_visible()

    page.context.clear_cookies()
    asked = application.asks(acr_values="phr")
    page.goto(asked.url)
    page.click("#passkey")
    page.wait_for_url(f"{party.origin}/**")
    claims = application.signed_in(asked)
    assert (claims["sub"], claims["acr"]) == (person.user_id, "phr")
    assert {"user", "mfa"} < set(claims["amr"])
