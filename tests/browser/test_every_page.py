"""Every page that people can come to: light and dark, on a phone and on a desk, in both languages.

axe-core finds no violation of WCAG 2.2 AA on any, nothing scrolls sideways, and the console stays silent. With
`TALLYSTICK_SCREENSHOTS=DIR` a picture of each is kept, to be looked at.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, Page

from tests.administrator import Administrator, unique
from tests.browser.application import WebApplication, sign_in, web_application
from tests.browser.person import Person
from tests.browser.test_factors import MULTI_FACTOR, new_code
from tests.browser.test_mail import mailed_link
from tests.chromium import fresh_page
from tests.relying_party import RelyingParty

AXE = (Path(__file__).parents[1] / "interop/node/node_modules/axe-core/axe.min.js").read_text()
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 900}
LOOKS = (("light", PHONE), ("dark", DESK))
"""Between them everything that a style can depend on."""
EYE = (("dark", PHONE), ("light", DESK))
"""The others, for pictures alone."""
LANGUAGES = ("en-US", "de-DE")
DETAILS = msgspec.json.encode(
    [
        {
            "type": "payment_initiation",
            "instructedAmount": {"currency": "EUR", "amount": "123.50"},
            "creditorName": "Bakery <b>Zoë</b> & Sons",
            "creditorAccount": {"iban": "DE02120300000000202051"},
            "remittanceInformation": "Invoice 4711 " + "with a very long purpose " * 9,
            "isInstant": True,
        },
        {
            "type": "https://bank.example/account-information",
            "actions": ["list_accounts", "read_balances"],
            "accounts": [{"iban": "DE02100100109307118603"}, {"iban": "DE02200505501015871393"}],
            "reference": "x" * 255,
            "limits": [],
        },
    ]
).decode()
FORM_POST_SCRIPT = re.compile("/u/assets/form_post")
SCREENSHOTS = os.environ.get("TALLYSTICK_SCREENSHOTS", "")


class Walk:
    """One way past every page, in one look."""

    def __init__(self, page: Page, application: WebApplication, person: Person, language: str) -> None:
        self.page = page
        self.application = application
        self.person = person
        self.issuer = application.admin.server.issuer
        self._language = language
        self.noise: list[str] = []
        page.on("console", lambda message: self.noise.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.noise.append(str(error)))

    def sees(self, name: str) -> None:
        """Look at the page that is shown, in every look."""
        for scheme, size in (*LOOKS, *(EYE if SCREENSHOTS else ())):
            self.page.emulate_media(color_scheme=scheme)
            self.page.set_viewport_size(size)
            if SCREENSHOTS:
                words = (name, scheme, "phone" if size is PHONE else "desk", self._language[:2])
                file = Path(SCREENSHOTS) / f"{' '.join(words)}.png".replace(" ", "-")
                file.parent.mkdir(parents=True, exist_ok=True)
                self.page.screenshot(path=file, full_page=True)
            assert self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (
                f"{name} is too wide"
            )
            if (scheme, size) in LOOKS:
                found = self.page.evaluate(f"async () => {{ {AXE}; return (await axe.run({RULES})).violations; }}")
                told = [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found]
                assert told == [], f"{name}, {scheme}"

    def asks(self, **parameters: str | None) -> None:
        """Open an authorization request."""
        self.page.goto(self.application.asks(**parameters).url)

    def pushes(self, **parameters: str) -> None:
        """Open one that was pushed."""
        self.page.goto(self.application.pushes(self.application.asks(**parameters)))

    def signs_in(self) -> None:
        """Fill and send the sign-in form."""
        sign_in(self.page, self.person)


def _signing_in(walk: Walk) -> None:
    walk.asks()
    walk.sees("sign-in")
    sign_in(walk.page, walk.person, "wrong")
    walk.sees("sign-in wrong password")
    walk.page.click("#sign-up")
    walk.sees("sign-up")
    walk.asks()
    walk.page.click("#forgot-password")
    walk.sees("forgotten password")
    walk.page.fill("input[name=username]", walk.person.email)
    walk.page.click("#reset")
    walk.sees("forgotten password sent")
    walk.page.goto(mailed_link(walk.application.admin.server, walk.person.email))
    walk.sees("new password")
    walk.page.fill("input[type=password]", "short")
    walk.page.click("#set-password")
    walk.sees("new password too short")
    walk.page.fill("input[type=password]", "Another-Staple-8-Horse")
    walk.page.click("#set-password")
    walk.sees("password set")


def _bank(walk: Walk) -> str:
    """An API whose people are asked in detail."""
    schema = {"properties": {"creditorAccount": {"properties": {"iban": {"title": "IBAN"}}}}}
    described = {"type": "payment_initiation", "description": "Pay once from your account", "schema": schema}
    types = [described, {"type": "https://bank.example/account-information"}]
    identifier = f"https://{unique('bank')}.example/"
    body = {"identifier": identifier, "name": "Bank of Example", "authorization_details": types}
    walk.application.admin.made("POST", "resource-servers", body)
    return identifier


def _consenting(walk: Walk) -> None:
    walk.asks(scope="openid profile email address phone offline_access")
    walk.signs_in()
    walk.sees("consent")
    walk.page.click("#allow")
    walk.pushes(scope="openid", audience=_bank(walk), authorization_details=DETAILS)
    walk.sees("consent to details")
    walk.page.click("#allow")
    walk.asks(prompt="select_account")
    walk.sees("account choice")
    walk.page.goto(f"{walk.issuer}account")
    walk.sees("account with an application")


def _signing_up(walk: Walk) -> None:
    walk.asks(screen_hint="signup")
    email = f"new.{walk.person.email}"
    walk.page.fill("input[name=username]", walk.person.email)
    walk.page.fill("input[name=password]", walk.person.password)
    walk.page.click("#sign-up")
    walk.sees("sign-up taken")
    walk.asks(screen_hint="signup")
    walk.page.fill("input[name=username]", email)
    walk.page.fill("input[name=password]", "short")
    walk.page.click("#sign-up")
    walk.sees("sign-up too short")
    walk.page.fill("input[name=password]", walk.person.password)
    walk.page.click("#sign-up")
    walk.page.goto(mailed_link(walk.application.admin.server, email))
    walk.sees("verify")
    walk.page.click("#verify")
    walk.sees("verified")


def _second_factor(walk: Walk) -> None:
    walk.asks(acr_values=MULTI_FACTOR)
    walk.signs_in()
    walk.sees("enrol")
    key = walk.page.locator("#key").inner_text().replace(" ", "")
    walk.page.fill("input[name=otp]", "000000")
    walk.page.click("#sign-in")
    walk.sees("enrol wrong code")
    walk.page.fill("input[name=otp]", new_code(key))
    walk.page.click("#sign-in")
    walk.sees("recovery codes")
    walk.page.click("#continue")
    walk.asks(prompt="login")
    walk.signs_in()
    walk.sees("second factor")
    walk.page.fill("input[name=otp]", "000000")
    walk.page.click("#sign-in")
    walk.sees("second factor wrong code")


def _account(walk: Walk) -> None:
    walk.page.goto(f"{walk.issuer}account")
    if "/account" not in walk.page.url:
        walk.signs_in()
    walk.sees("account")
    walk.page.goto(f"{walk.issuer}account/factors")
    walk.sees("second factors")
    walk.page.click("#add-app")
    walk.sees("add an app")
    walk.page.goto(f"{walk.issuer}oidc/logout")
    walk.sees("sign out")
    walk.page.click("#sign-out")
    walk.sees("signed out")


def _problems(walk: Walk) -> None:
    walk.page.route(
        FORM_POST_SCRIPT, lambda route: route.fulfill(body="")
    )  # with it the page is gone before it is seen
    walk.asks(response_mode="form_post.jwt")
    walk.page.click("#cancel")
    walk.sees("back to the application")
    # Without the redirect URI that is not its own, the application would hear of these, and nobody would see a page.
    broken = f"{walk.issuer}authorize?client_id={walk.application.client_id}&redirect_uri=https://elsewhere.example/"
    walk.page.goto(f"{broken}&request_uri=urn:ietf:params:oauth:request_uri:used")
    walk.sees("request over")
    walk.page.goto(f"{broken}&request=tampered.with.it")
    walk.sees("request tampered with")
    walk.page.goto(f"{walk.issuer}authorize?response_type=code&client_id=nobody")
    walk.sees("error")
    walk.page.goto(f"{walk.issuer}u/consent?state=nothing")
    walk.sees("sign-in over")
    walk.page.goto(f"{walk.issuer}u/verify?ticket=nothing")
    walk.sees("dead link")


WAYS = (_signing_in, _signing_up, _consenting, _second_factor, _account, _problems)


@pytest.mark.parametrize(
    ("way", "language"),
    [
        (way, language)
        for number, way in enumerate(WAYS)
        for language in (LANGUAGES if SCREENSHOTS else (LANGUAGES[number % 2],))
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__[1:],
)
def test_every_page(
    chromium: Browser,
    admin: Administrator,
    party: RelyingParty,
    person: Person,
    way: Callable[[Walk], None],
    language: str,
) -> None:
    application = web_application(admin, party, is_first_party=way is not _consenting)
    with fresh_page(chromium, locale=language) as page:
        walk = Walk(page, application, person, language)
        way(walk)
        # Chromium says on its console that a page was answered 400: the pages for what went wrong are.
        assert [line for line in walk.noise if "400 (Bad Request)" not in line] == []
