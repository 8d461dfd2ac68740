"""What an application asks for, allowed or denied, by who was asked."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from msgspec.structs import replace

from tallystick.apis.resource_servers import ResourceServer
from tallystick.tenants.tenant import SeenTenant
from tallystick.users.consents import Consents, covers, scopes_of_claims, wanted_by
from tests.inprocess import InProcess
from tests.people import person, signed_in
from tests.signin import Stop, Visitor
from tests.ui.steps import CALLBACK, at, now
from tests.ui.test_pages import EVIL, harmless, policy, save

PAGE = "/u/consent"
API = "https://ledger.example/"
USERINFO = "https://localhost:8443/userinfo"
PKCE = {"code_challenge": "A" * 43, "code_challenge_method": "S256"}
SCOPES = [{"value": "read", "description": "Read your entries"}, {"value": "write"}]


def asked(house: InProcess, **parameters: str) -> Stop:
    """The page, for Jane."""
    house.made("POST", "resource-servers", {"identifier": API, "name": "Ledger API", "scopes": SCOPES})
    browser = signed_in(house, person(house))
    return at(house, PAGE, browser, audience=API, scope="openid email read write", **parameters)


def granted(house: InProcess, stop: Stop) -> dict[str, set[str]]:
    pending = now(house, stop)
    user_id = person_id(house)
    found = house.run(Consents(house.worker.storage).granted(house.tenant, user_id, pending.client_id))
    return {audience: set(scope) for audience, scope in found.items()}


def person_id(house: InProcess) -> str:
    user = house.run(house.worker.people.accounts.by_email(house.tenant.tenant_id, "jane@example.org"))
    assert user is not None
    return user.user_id


def test_who_asks_for_what_and_where_it_leads(house: InProcess) -> None:
    page = asked(house)
    for shown in (
        "Pay &amp; &#34;more&#34;",
        "app.example",
        "See your email address",
        "Read your entries",
        "Ledger API",
    ):
        assert shown in page.reply.text
    assert "<code>write</code>" in page.reply.text
    assert "jane@example.org" in page.reply.text
    assert granted(house, page) == {}


def test_allowing_is_remembered_by_audience(house: InProcess) -> None:
    page = asked(house)
    page.press("allow")
    assert granted(house, page) == {USERINFO: {"openid", "email"}, API: {"read", "write"}}
    progress = now(house, page).progress
    assert (progress["consented_user_id"], set(progress)) == (person_id(house), {"consented_user_id", "consented_to"})


def test_denying_gives_nothing(house: InProcess) -> None:
    page = asked(house)
    page.press("deny")
    assert granted(house, page) == {}
    assert now(house, page).progress == {"refused": "access_denied"}


def test_allowing_again_adds(house: InProcess) -> None:
    page = asked(house)
    page.press("allow")
    wanted = {API: ("read", "admin")}
    work = Consents(house.worker.storage).grant(
        house.tenant, person_id(house), now(house, page).client_id, wanted, house.clock.now_ms()
    )
    house.run(work)
    assert granted(house, page)[API] == {"read", "write", "admin"}


def test_who_allows_is_who_was_asked(house: InProcess) -> None:
    """Another person signed in meanwhile, in another tab: the page is shown to them first."""
    page = asked(house)
    signed_in(house, person(house, "john@example.org"), browser=page.visitor)
    again = page.press("allow")
    assert (again.path, "john@example.org" in again.reply.text) == (PAGE, True)
    assert granted(house, page) == {}
    assert now(house, page).progress == {}


def test_nothing_is_allowed_without_the_button(house: InProcess) -> None:
    page = asked(house)
    form = page.page.forms[0].fields
    for action in ({}, {"action": ""}, {"action": "deny_not"}):
        page.visitor.post(page.url, {**form, **action})
    assert granted(house, page) == {}


@pytest.mark.parametrize("field", ["name", "description"])
def test_what_an_api_is_called_is_escaped(house: InProcess, field: str) -> None:
    page = asked(house)
    (api,) = house.run(house.worker.storage.find(ResourceServer, house.tenant.tenant_id, where={"identifier": API}))
    changes: dict[str, Any] = {"name": EVIL}
    if field == "description":
        changes = {"metadata": {**api.metadata, "scopes": [{"value": "read", "description": EVIL}]}}
    save(house, replace(api, **changes))
    shown = page.visitor.get(page.url)
    assert (shown.status, harmless(shown), "onerror" in shown.reply.text) == (200, True, True)


def test_the_logo_of_an_application_is_let_in_and_nothing_else(house: InProcess) -> None:
    page = asked(house)
    client_id = now(house, page).client_id
    house.ask("PATCH", f"clients/{client_id}", {"logo_uri": "https://static.example/logo.png"})
    assert policy(page.visitor.get(page.url))["img-src"] == "'self' data: https://static.example"


@pytest.mark.parametrize(
    ("audience", "scope", "wanted"),
    [
        (None, ("openid", "custom"), {USERINFO: ("openid", "custom")}),
        (USERINFO, ("openid",), {USERINFO: ("openid",)}),
        (API, ("read",), {API: ("read",)}),
        (API, ("openid", "offline_access", "read"), {USERINFO: ("openid", "offline_access"), API: ("read",)}),
        (API, (), {API: ()}),
        (None, (), {USERINFO: ()}),
    ],
)
def test_what_consent_is_needed_for(
    house: InProcess, audience: str | None, scope: tuple[str, ...], wanted: dict[str, tuple[str, ...]]
) -> None:
    assert wanted_by(house.tenant, audience, scope) == wanted
    assert covers(wanted, wanted)
    assert not covers({}, wanted)
    assert not covers(dict.fromkeys(wanted, ()), wanted) or not any(wanted.values())


@pytest.mark.parametrize(
    ("claims", "scopes"),
    [
        ({}, ()),
        ({"id_token": {"acr": None, "auth_time": {"essential": True}}}, ()),
        ({"userinfo": {"email": None, "given_name": {"essential": True}}}, ("profile", "email")),
        ({"id_token": {"phone_number_verified": None}, "userinfo": {"address": None}}, ("address", "phone")),
    ],
)
def test_a_single_claim_is_asked_for_like_its_scope(claims: dict[str, Any], scopes: tuple[str, ...]) -> None:
    assert scopes_of_claims(claims) == scopes


def test_consent_holds_on_every_domain_of_the_tenant(house: InProcess) -> None:
    seen = SeenTenant(
        **{name: getattr(house.tenant, name) for name in house.tenant.__struct_fields__}
        | {"issuer": "https://login.example/", "own": house.tenant}
    )
    assert wanted_by(seen, None, ("openid",)) == {USERINFO: ("openid",)}


def third_party(house: InProcess) -> str:
    fields = {"name": "Auditor", "app_type": "regular_web", "callbacks": [CALLBACK], "is_first_party": False}
    return str(house.made("POST", "clients", fields)["client_id"])


def authorize(browser: Visitor, client_id: str, **parameters: str) -> Stop:
    asked = {"client_id": client_id, "redirect_uri": CALLBACK, "response_type": "code", **PKCE, **parameters}
    return browser.get(f"/authorize?{urlencode(asked)}")


def test_a_third_party_is_consented_to_once(house: InProcess) -> None:
    browser, client_id = signed_in(house, person(house)), third_party(house)
    page = authorize(browser, client_id, scope="openid")
    assert page.path == PAGE
    assert "code" in page.press("allow").answer
    assert "code" in authorize(browser, client_id, scope="openid").answer
    assert authorize(browser, client_id, scope="openid email").path == PAGE
    assert authorize(browser, client_id, scope="openid", prompt="consent").path == PAGE


def test_the_application_hears_that_it_was_denied(house: InProcess) -> None:
    browser, client_id = signed_in(house, person(house)), third_party(house)
    assert authorize(browser, client_id, scope="openid", state="s").press("deny").answer["error"] == "access_denied"


def test_a_claim_by_name_is_no_way_around_consent(house: InProcess) -> None:
    """OpenID Connect Core 5.5: what a scope would have asked for is asked for by name as well."""
    browser, client_id = signed_in(house, person(house)), third_party(house)
    authorize(browser, client_id, scope="openid").press("allow")
    page = authorize(browser, client_id, scope="openid", claims='{"userinfo": {"email": null}}')
    assert (page.path, "See your email address" in page.reply.text) == (PAGE, True)
    assert "code" in page.press("allow").answer
