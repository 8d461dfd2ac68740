"""What every page carries, and that nothing a stranger chose gets out of its place."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tallystick.clients.client import Client
from tallystick.records import Change
from tests.inprocess import InProcess
from tests.people import person, signed_in
from tests.signin import Stop, visitor
from tests.ui.steps import at

EVIL = "\"><img src=x onerror=alert(1)>'{{7*7}}</title><script>alert(1)</script>"


def policy(stop: Stop) -> dict[str, str]:
    """Directive → sources."""
    directives = stop.reply.header("content-security-policy").split("; ")
    return {name: sources for name, _, sources in (directive.partition(" ") for directive in directives)}


def harmless(stop: Stop) -> bool:
    text = stop.reply.text
    return "<img src=x" not in text and "<script>" not in text and "49</title>" not in text


@pytest.mark.parametrize("path", ["/u/login", "/u/signup", "/u/nothing-such", "/account"])
def test_no_page_is_framed_kept_or_given_foreign_code(house: InProcess, path: str) -> None:
    """Clickjacking, and whatever would follow from an injection."""
    stop = visitor(house).get(path) if path == "/account" else at(house, path)
    if path == "/u/nothing-such":
        assert stop.status == 404
        return
    has = policy(stop)
    assert has["default-src"] == "'none'"
    assert has["script-src"] == has["style-src"] == "'self'"
    assert has["frame-ancestors"] == has["base-uri"] == "'none'"
    assert stop.reply.header("x-frame-options") == "DENY"
    assert stop.reply.header("cache-control") == "no-store"
    assert stop.reply.header("referrer-policy") == "same-origin"
    assert stop.reply.header("x-content-type-options") == "nosniff"


def test_a_refusal_is_no_less_guarded(house: InProcess) -> None:
    stop = visitor(house).get("/u/login?state=x")
    assert policy(stop)["frame-ancestors"] == "'none'"
    assert stop.reply.header("x-frame-options") == "DENY"


def test_what_an_application_sends_is_only_shown(house: InProcess) -> None:
    stop = at(house, "/u/login", login_hint=EVIL, ui_locales=EVIL, redirect_uri="https://app.example/; script-src *")
    assert harmless(stop)
    assert stop.page.forms[0].fields["username"] == EVIL
    assert policy(stop)["script-src"] == "'self'"
    assert policy(stop)["form-action"] == "'self' https://app.example"


@pytest.mark.parametrize(
    ("redirect_uri", "target"),
    [
        ("https://app.example:444/cb?x=1", " https://app.example:444"),
        ("http://127.0.0.1:8000/cb", " http://127.0.0.1:8000"),
        ("http://[::1]:8000/cb", " http:"),
        ("com.example.app:/cb", " com.example.app:"),
        ("https://evil.example;script-src/", " https:"),
        ("no url", ""),
    ],
)
def test_forms_lead_here_and_to_the_application_alone(house: InProcess, redirect_uri: str, target: str) -> None:
    assert policy(at(house, "/u/login", redirect_uri=redirect_uri))["form-action"] == f"'self'{target}"


def test_names_that_the_registry_would_refuse_are_escaped_all_the_same(house: InProcess) -> None:
    stop = at(house, "/u/login")
    client = house.run(house.worker.storage.find(Client, house.tenant.tenant_id, where={"name": 'Pay & "more"'}))[0]
    save(house, replace(client, name=EVIL))
    save(house, replace(house.tenant, settings={"friendly_name": EVIL, "support_url": "javascript:alert(1)"}))
    shown = at_again(stop)
    assert harmless(shown)
    assert "javascript:" not in shown.reply.text


def test_what_a_person_is_called_is_escaped(house: InProcess) -> None:
    browser = signed_in(house, person(house, metadata={"name": EVIL}, username=EVIL))
    stop = browser.get("/account?done=" + "%3Cscript%3E")
    assert (stop.status, harmless(stop)) == (200, True)


def test_a_device_is_called_what_we_call_it(house: InProcess) -> None:
    browser = signed_in(house, person(house))
    stop = browser.get("/account", {"user-agent": f"Firefox/1 Linux {EVIL}"})
    assert harmless(stop)


def test_the_tenant_s_dress(house: InProcess) -> None:
    plain = visitor(house).get("/account")
    assert policy(plain)["img-src"] == "'self' data:"
    branding = {"colors": {"primary": "#b00020"}, "logo_url": "https://cdn.example/logo.svg"}
    house.ask("PATCH", "branding", branding)
    house.ask("PATCH", "tenants/settings", {"friendly_name": "Granary"})
    dressed = visitor(house).get("/account")
    assert "Granary" in dressed.reply.text
    assert "https://cdn.example/logo.svg" in dressed.reply.text
    assert policy(dressed)["img-src"] == "'self' data: https://cdn.example"
    before, after = theme_of(plain), theme_of(dressed)
    assert before != after
    theme = house.request("GET", after)
    assert b"--accent:#b00020" in theme.content
    assert theme.headers["cache-control"] == "public, max-age=31536000, immutable"
    # A page from before asks for what is no more.
    assert house.request("GET", before).headers["cache-control"] == "public, no-cache"


@pytest.mark.parametrize(
    "logo_url", ["https://a b/x", "https://x;script-src *", "data:image/png,x", "https://é/x", "//x/y"]
)
def test_a_logo_that_would_bend_the_policy_is_left_out(house: InProcess, logo_url: str) -> None:
    save(house, replace(house.tenant, settings={"picture_url": logo_url}))
    stop = visitor(house).get("/account")
    assert policy(stop)["img-src"] == "'self' data:"
    assert "<img" not in stop.reply.text


@pytest.mark.parametrize("path", ["/account?return=https://evil.example", "/u/login?return=//evil.example&state="])
def test_nobody_is_sent_to_where_a_url_says(house: InProcess, path: str) -> None:
    """Open redirect: what a sign-in returns to is kept here, and is a page of ours."""
    stop = visitor(house).get(path)
    assert (stop.path, stop.location) == ("/u/login", "")
    assert "evil" not in stop.reply.text
    signed_in(house, person(house), browser=stop.visitor)
    assert visitor(house).get(path).location == ""


def at_again(stop: Stop) -> Stop:
    return stop.visitor.get(stop.url)


def save(house: InProcess, record: Any) -> None:
    """Write a record past every check."""
    storage, tenant_id = house.worker.storage, house.tenant.tenant_id

    async def write() -> None:
        revision = await storage.revision(tenant_id)
        await storage.commit(Change(tenant_id=tenant_id, base_revision=revision, saves=(record,)))

    house.run(write())


def theme_of(stop: Stop) -> str:
    return "/u/assets/theme.css" + stop.reply.text.partition("/u/assets/theme.css")[2].partition('"')[0]
