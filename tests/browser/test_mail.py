"""The links that people get by mail, followed in Chromium. Without a mail server messages are files."""

from __future__ import annotations

import re
import time
from email import message_from_bytes
from email.policy import default

from playwright.sync_api import Page, expect

from tests.administrator import Administrator
from tests.browser.application import sign_in, web_application
from tests.browser.person import Person
from tests.relying_party import RelyingParty
from tests.server import Server

NEW_PASSWORD = "Another-Staple-8-Horse"
WAIT_S_MAX = 60


def mailed_link(server: Server, email: str) -> str:
    """The link in the newest message to an address."""
    deadline = time.monotonic() + WAIT_S_MAX
    while time.monotonic() < deadline:
        for file in sorted((server.data / "mail").glob("*.eml"), key=lambda path: path.stat().st_mtime, reverse=True):
            message = message_from_bytes(file.read_bytes(), policy=default)
            if message["to"] == email:
                body = message.get_body(("plain",))
                assert body is not None
                found = re.search(r"https://\S+", body.get_content())
                assert found is not None
                return found[0]
        time.sleep(0.1)
    raise AssertionError(f"no mail for {email}")


def test_a_forgotten_password_is_set_anew_by_the_mailed_link(
    page: Page, admin: Administrator, party: RelyingParty, person: Person
) -> None:
    application = web_application(admin, party)
    asked = application.asks()
    page.goto(asked.url)
    page.click("#forgot-password")
    page.fill("input[name=username]", person.email)
    page.click("#reset")
    page.goto(mailed_link(admin.server, person.email))
    page.fill("input[type=password]", NEW_PASSWORD)
    page.click("#set-password")
    expect(page.get_by_role("heading").first).to_be_visible()
    again = application.asks()
    page.goto(again.url)
    sign_in(page, person, person.password)
    expect(page.get_by_role("alert")).to_be_visible()
    sign_in(page, person, NEW_PASSWORD)
    assert application.signed_in(again)["sub"] == person.user_id
