"""Forms are taken from the browser they were shown to, and from our own pages alone (RFC 6749 10.12; attacks.md 44)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tallystick.authorization.pendings import Pendings
from tallystick.errors import Unavailable
from tallystick.web.cookies import BROWSER, SESSION
from tests.application import now_ms
from tests.inprocess import InProcess, in_process
from tests.people import PASSWORD, person, signed_in
from tests.signin import Stop, visitor
from tests.ui.steps import at, begun, now, rows

FIELDS = {"username": "jane@example.org", "password": PASSWORD, "action": "sign-in"}


def fields_of(page: Stop, **changes: str | None) -> dict[str, str]:
    given = {**page.page.forms[0].fields, **FIELDS, **changes}
    return {name: value for name, value in given.items() if value is not None}


@pytest.mark.parametrize(
    ("headers", "changes", "check"),
    [
        ({}, {"form_token": None}, "form.token"),
        ({}, {"form_token": ""}, "form.token"),
        ({}, {"form_token": "A" * 43}, "form.token"),
        ({"origin": "https://evil.example"}, {}, "form.origin"),
        ({"origin": "null"}, {}, "form.origin"),
        ({"origin": "https://localhost:8443.evil.example"}, {}, "form.origin"),
        ({"sec-fetch-site": "cross-site"}, {}, "form.site"),
        ({"sec-fetch-site": "same-site"}, {}, "form.site"),
    ],
)
def test_a_foreign_form_signs_nobody_in(
    house: InProcess, headers: dict[str, str], changes: dict[str, str | None], check: str
) -> None:
    """Login CSRF: the person would act in the attacker's account without noticing."""
    person(house, password=PASSWORD)
    page = at(house, "/u/login")
    stop = page.visitor.post(page.url, fields_of(page, **changes), headers)
    assert (stop.status, SESSION in page.visitor.cookies) == (400, False)
    assert "invalid_request" in stop.error
    assert stop.page.links["try-again"] == f"/u/login?state={page.state}"
    assert rows(house, "f")[0].details["check"] == check
    # The same form with nothing changed is taken.
    assert now(house, page).progress == {}
    page.visitor.post(page.url, fields_of(page), {"origin": "https://localhost:8443", "sec-fetch-site": "same-origin"})
    assert SESSION in page.visitor.cookies


def test_the_form_of_one_browser_is_nothing_in_another(house: InProcess) -> None:
    """An attacker's own token, put into somebody else's browser together with the attacker's sign-in."""
    person(house, password=PASSWORD)
    page = at(house, "/u/login")
    victim = visitor(house)
    victim.get("/account")
    stop = victim.post(page.url, fields_of(page))
    assert (stop.status, SESSION in victim.cookies) == (400, False)


def test_a_form_of_one_request_is_nothing_in_another_of_the_same_browser(house: InProcess) -> None:
    person(house, password=PASSWORD)
    page = at(house, "/u/login")
    _, other = begun(house, page.visitor)
    stop = page.visitor.post(f"/u/login?state={other.id}", fields_of(page))
    assert (stop.status, rows(house, "f")[0].details["check"]) == (400, "form.token")


def test_a_form_without_a_cookie_says_that_cookies_are_needed(house: InProcess) -> None:
    page = at(house, "/u/login")
    stop = visitor(house).post(page.url, fields_of(page))
    assert (stop.status, "cookie" in stop.error) == (400, True)


def test_a_sign_in_of_another_browser_is_not_gone_on_with(house: InProcess) -> None:
    """Browser swap: whoever is sent a link with somebody else's pending request gets a friendly page."""
    page = at(house, "/u/login")
    stop = visitor(house).get(page.url)
    assert (stop.status, "invalid_request" in stop.error) == (400, True)
    assert rows(house, "f")[0].details["check"] == "pending.browser"


@pytest.mark.parametrize("state", ["?state=", "?state=nothing", "?state=%00", "?state=" + "a" * 5_000])
def test_a_sign_in_that_never_was_ends_on_a_friendly_page(house: InProcess, state: str) -> None:
    stop = visitor(house).get("/u/login" + state)
    assert (stop.status, stop.page.by_id["error"] != "") == (400, True)


def test_a_sign_in_that_took_too_long_ends_on_a_friendly_page(house: InProcess) -> None:
    page = at(house, "/u/login")
    house.clock.advance(3_601)
    stop = page.visitor.post(page.url, fields_of(page))
    assert (stop.status, rows(house, "f")[0].details["check"]) == (400, "pending.expired")


@pytest.mark.parametrize(
    "path", ["/account/password", "/account/sessions", "/account/applications", "/account/sign-out"]
)
def test_no_other_site_acts_in_an_account(house: InProcess, path: str) -> None:
    browser = signed_in(house, person(house))
    page = browser.get("/account")
    stop = browser.post(path, {"action": "end-others", "form_token": page.page.forms[-1].fields["form_token"][::-1]})
    assert stop.status == 400
    stop = browser.post(path, {"action": "end-others"}, from_elsewhere=True)
    assert stop.status == 400
    assert browser.get("/account").status == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_pages_are_got_and_forms_are_posted(house: InProcess, method: str) -> None:
    answer = house.request(method, "/u/login")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, POST")


@pytest.mark.parametrize("body", [b"a", b"a=1&a=2", b"=&", b"a=%ff", b"a=1&" * 100, b"x" * 70_000])
def test_a_malformed_form_is_a_page_too(house: InProcess, body: bytes) -> None:
    headers = {b"content-type": b"application/x-www-form-urlencoded"}
    answer = house.request("POST", "/account", body, headers)
    assert answer.status in (400, 413)
    assert b'id="error"' in answer.content


def test_a_browser_keeps_the_cookie_that_its_forms_are_bound_to(house: InProcess) -> None:
    browser = visitor(house)
    browser.get("/account")
    before = browser.cookies[BROWSER]
    browser.get("/account")
    assert browser.cookies[BROWSER] == before


def test_a_silent_database_and_a_mistake_of_ours_are_pages_too(
    house: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = at(house, "/u/login")
    for error, status, code in (
        (Unavailable("silent"), 503, "temporarily_unavailable"),
        (KeyError(), 500, "server_error"),
    ):

        async def fail(*_: object, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(Pendings, "of", fail)
        stop = page.visitor.get(page.url)
        assert (stop.status, code in stop.error) == (status, True)


def test_at_a_custom_domain_forms_come_from_the_domain_by_whatever_host_its_proxy_names(tmp_path: Path) -> None:
    """The proxy may name ``origin_domain_name``, which no browser has ever heard of."""
    with in_process(tmp_path / "data", now_ms(), custom_domain_verification="none") as house:
        made = house.made("POST", "custom-domains", {"domain": "login.example.com", "type": "self_managed_certs"})
        made = house.made("POST", f"custom-domains/{made['custom_domain_id']}/verify", {})
        hosts = ("login.example.com", made["origin_domain_name"])
        for number, host in enumerate(hosts):
            house.host = host.encode()
            page = visitor(house).get("/account").follow("sign-up")
            form = page.page.button("sign-up")[0].fields | {"action": "sign-up", "password": PASSWORD}
            form["username"] = f"jane{number}@example.org"
            for foreign in ("https://evil.example", "https://localhost:8443", f"https://{made['origin_domain_name']}"):
                assert page.visitor.post(page.url, form, {"origin": foreign}).status == 400, (host, foreign)
            page.visitor.post(page.url, form, {"origin": "https://login.example.com"})
            assert SESSION in page.visitor.cookies, host
        house.host = b"localhost:8443"
