"""Markup, templates and policies in every value that strangers and administrators choose and that pages show."""

from __future__ import annotations

from typing import Any

import pytest

from tests.authorization.asking import REDIRECT_URI, asking
from tests.inprocess import InProcess
from tests.signin import Stop, visitor
from tests.ui.factor_steps import Somebody

MARK = "xssmark"
EVIL = f"\"'><{MARK} onload=x>{{{{7*191}}}}{{% raw %}}{{application}}</style>\N{RIGHT-TO-LEFT OVERRIDE}"
PRINTABLE = EVIL.rstrip("\N{RIGHT-TO-LEFT OVERRIDE}")
DIRECTIVES = ["default-src", "style-src", "script-src", "img-src", "connect-src", "form-action"]
DIRECTIVES += ["frame-ancestors", "base-uri"]


def assert_harmless(stop: Stop) -> Stop:
    """Nothing of it is markup, nothing was computed, and the policy says no more than it should."""
    assert f"<{MARK}" not in stop.reply.text, stop.url
    assert "1337" not in stop.reply.text, stop.url
    policy = stop.reply.header("content-security-policy").split("; ")
    assert [one.partition(" ")[0] for one in policy] == DIRECTIVES, stop.url
    assert {"style-src 'self'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"} <= set(policy)
    assert stop.reply.header("x-frame-options") == "DENY"
    assert stop.reply.header("cache-control") == "no-store"
    return stop


def test_names_are_text_on_every_page(house: InProcess) -> None:
    house.ask("PATCH", "tenants/settings", {"friendly_name": EVIL})
    house.api(
        "https://api.example/",
        name=PRINTABLE.translate(str.maketrans("<>", "()")),
        scopes=[{"value": "read", "description": EVIL}],
    )
    jane = Somebody(house, metadata={"name": EVIL})
    app = asking(house, jane.browser, name=PRINTABLE.translate(str.maketrans("<>", "()")), is_first_party=False)
    asked: dict[str, Any] = {"audience": "https://api.example/", "scope": "openid read", "ui_locales": EVIL}
    login = assert_harmless(app.ask(login_hint=EVIL, **asked))
    assert MARK in login.reply.text
    for link in ("sign-up", "forgot-password"):
        assert_harmless(login.follow(link))
    signup = login.follow("sign-up")
    assert_harmless(signup.press("sign-up", username=EVIL, password="short"))
    assert_harmless(login.follow("forgot-password").press("reset", username=EVIL))
    assert_harmless(login.press("sign-in", username=EVIL, password=EVIL))
    consent = assert_harmless(login.press("sign-in", username=jane.user.email, password="correct horse battery staple"))
    assert consent.path == "/u/consent"
    consent.press("allow")
    assert_harmless(app.ask(prompt="select_account", **asked))
    jane.browser.get("/account/factors")
    assert_harmless(jane.add_app())
    named = jane.browser.get("/account/factors").press("rename-1", name=EVIL)
    assert MARK in assert_harmless(named).reply.text
    for path in ("/account", "/account/factors", "/account/factors/app", f"/account?done={MARK}"):
        assert_harmless(jane.browser.get(path))
    for refused in (
        "/authorize?client_id=%22%3E%3Cxssmark%3E&redirect_uri=%3Cxssmark%3E",
        f"/authorize?client_id={app.client['client_id']}&redirect_uri=javascript:%3Cxssmark%3E&response_type=code",
        "/u/login?state=%22%3E%3Cxssmark%3E",
        "/u/reset/new?ticket=%22%3E%3Cxssmark%3E",
        "/u/verify?ticket=%22%3E%3Cxssmark%3E",
    ):
        stop = assert_harmless(visitor(house).get(refused))
        assert stop.status == 400


def test_a_browser_that_lies_about_itself_is_a_name_on_the_list(house: InProcess) -> None:
    jane = Somebody(house)
    jane.by_password()
    thief = visitor(house)
    form = thief.get("/account")
    fields = {**form.page.forms[0].fields, "username": jane.user.email, "password": "correct horse battery staple"}
    thief.post(
        form.url, {**fields, "action": "sign-in"}, {"user-agent": f'"><{MARK}>Firefox/1', "x-forwarded-for": "<b>"}
    )
    assert "Firefox" in assert_harmless(jane.browser.get("/account")).reply.text


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example;script-src *",
        "https://a.example; script-src *",
        "https://a.example,script-src",
        "https://a.example\r\nset-cookie: a=b",
        "https://*",
        "https://a.example'unsafe-inline'",
        "https://user:secret@a.example/logo.png",
        "https://a.example:99999/",
        "data:text/html,<script>1</script>",
        "javascript:alert(1)//https://a.example",
        'https://a.example/"><xssmark>',
    ],
)
def test_a_logo_says_nothing_in_the_policy_but_its_origin(house: InProcess, url: str) -> None:
    app = asking(house, visitor(house), is_first_party=False)
    for method, path, body in (
        ("PATCH", "branding", {"logo_url": url}),
        ("PATCH", "tenants/settings", {"picture_url": url, "support_url": url}),
        ("PATCH", f"clients/{app.client['client_id']}", {"logo_uri": url}),
    ):
        assert house.call(method, path, body).status in (200, 400)
    policy = assert_harmless(app.ask()).reply.header("content-security-policy")
    assert set(policy.partition("img-src ")[2].partition(";")[0].split()) <= {"'self'", "data:", "https://a.example"}
    assert REDIRECT_URI.removesuffix("/callback") in policy
