"""People with second factors, step by step through the pages."""

from __future__ import annotations

import html
import re
from typing import Any

import msgspec
import pyotp

from tallystick.web.cookies import BROWSER, SESSION
from tests.inprocess import InProcess
from tests.people import PASSWORD, person
from tests.signin import Stop, Visitor, visitor
from tests.software_authenticator import SoftwareAuthenticator

STEP_S = 30
ORIGIN = "https://localhost:8443"


class Somebody:
    """A person, their browser, their phone and their passkey."""

    def __init__(self, house: InProcess, email: str = "jane@example.org", **fields: Any) -> None:
        self.house = house
        self.user = person(house, email, password=PASSWORD, **fields)
        self.browser = visitor(house)
        self.key = ""
        self.codes: list[str] = []
        self.passkey = SoftwareAuthenticator()

    def at_login(self, browser: Visitor | None = None) -> Stop:
        """The sign-in page, on the way to their own account."""
        return (browser or self.browser).get("/account")

    def by_password(self, browser: Visitor | None = None) -> Stop:
        """The first factor."""
        return self.at_login(browser).press("sign-in", username=self.user.email, password=PASSWORD)

    def code(self) -> str:
        """What the app shows, after a step in which no code was used."""
        self.house.clock.advance(2 * STEP_S)
        return pyotp.TOTP(self.key).at(self.house.clock.now_ms() // 1000)

    def add_app(self) -> Stop:
        """Add an authenticator app at the account; the page of recovery codes, or the list."""
        if SESSION not in self.browser.cookies:
            self.by_password()
        stop = self.browser.get("/account/factors/app")
        self.key = stop.page.by_id["key"].replace(" ", "")
        done = stop.press("sign-in", otp=self.code())
        self.codes = codes_on(done) or self.codes
        return done

    def add_passkey(self, passkey: SoftwareAuthenticator | None = None) -> Stop:
        """Add a passkey at the account."""
        if SESSION not in self.browser.cookies:
            self.by_password()
        stop = self.browser.get("/account/factors")
        passkey = passkey or self.passkey
        done = stop.press("add-passkey", credential=passkey.make(options_on(stop, "create"), ORIGIN), name="my key")
        self.codes = codes_on(done) or self.codes
        return done

    def forget_session(self) -> None:
        """Come back with another browser."""
        self.browser = visitor(self.house)


def options_on(stop: Stop, ceremony: str) -> dict[str, Any]:
    """What the page asks the browser for."""
    match = re.search(rf'data-passkey="{ceremony}" data-options="([^"]*)"', stop.reply.text)
    assert match, stop.reply.text
    options: dict[str, Any] = msgspec.json.decode(html.unescape(match[1]))
    return options


def codes_on(stop: Stop) -> list[str]:
    """The recovery codes that the page shows."""
    return re.findall(r"<code>([0-9A-Z]{4}(?:-[0-9A-Z]{4}){3})</code>", stop.reply.text)


def fresh_options(stop: Stop) -> dict[str, Any]:
    """What the sign-in page's script is told."""
    answer = stop.visitor.get(f"/u/passkey?state={stop.state}")
    options: dict[str, Any] = msgspec.json.decode(answer.reply.text)["options"]
    return options


def is_signed_in(browser: Visitor) -> bool:
    """Whether the browser has a session that opens anything."""
    return SESSION in browser.cookies and browser.get("/account").path == "/account"


def as_browser(browser: Visitor, cookie_of: Visitor) -> Visitor:
    """A browser with the other's browser cookie: what an attacker who could set cookies would have."""
    browser.cookies[BROWSER] = cookie_of.cookies[BROWSER]
    return browser
