"""attacks.md 44: mix-up, browser swap, login CSRF and clickjacking, through what happens while a person is asked."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest

from tallystick.authorization.steps import RESUME, Step, location_of
from tests.authorization.asking import Asking, asking, asking_nobody, check_of
from tests.inprocess import InProcess
from tests.people import PASSWORD, person, signed_in
from tests.signin import Visitor, visitor

BROWSER = "__Host-tallystick_browser"


def begun_by_attacker(house: InProcess) -> tuple[Asking, str]:
    """An application, and the id of a request that waits in the attacker's browser."""
    app = asking_nobody(house)
    return app, app.ask().state


def assert_another_browsers(victim: Visitor, house: InProcess, path: str) -> None:
    stop = victim.get(path)
    assert (stop.status, stop.location) == (400, "")
    assert check_of(house) == "pending.browser"


def test_44_a_link_into_somebody_elses_sign_in_opens_nothing(house: InProcess) -> None:
    _, state = begun_by_attacker(house)
    victim = signed_in(house, person(house))
    for path in (RESUME, *Step):
        stop = victim.get(location_of(path, state))
        assert (stop.status, stop.location) == (400, ""), path
    assert_another_browsers(victim, house, location_of(RESUME, state))


def test_44_a_victims_browser_with_a_cookie_of_its_own_does_not_help(house: InProcess) -> None:
    """Login CSRF: the victim shall end up in the attacker's account, or give the attacker's request a code."""
    _, state = begun_by_attacker(house)
    victim = visitor(house)
    asking_nobody(house).browser.get("/u/login")
    assert Asking(house, asking(house).client, victim).ask().path == "/u/login"
    assert_another_browsers(victim, house, location_of(RESUME, state))


def test_44_whoever_signs_in_elsewhere_does_not_finish_the_attackers_request(house: InProcess) -> None:
    person(house, password=PASSWORD)
    app, state = begun_by_attacker(house)
    victim = Asking(house, app.client, visitor(house))
    assert "code" in victim.ask().press("sign-in", username="jane@example.org", password=PASSWORD).answer
    attacker = app.browser.get(location_of(RESUME, state))
    assert attacker.path == "/u/login"  # nobody is signed in here


def test_44_a_request_that_came_by_another_sites_form_is_the_first_browsers(house: InProcess) -> None:
    app = asking_nobody(house)
    stop = app.browser.post("/authorize", app.parameters(), from_elsewhere=True)
    assert stop.path == "/u/login"
    assert_another_browsers(signed_in(house, person(house)), house, location_of(RESUME, stop.state))


def test_44_the_answer_names_its_issuer_and_the_code_its_client(house: InProcess) -> None:
    """RFC 9207; a code that a mixed-up client brings to us is of no use to it."""
    app = asking(house)
    other = asking(house, app.browser)
    answer = app.ask().answer
    assert answer["iss"] == house.issuer
    form = {"client_id": other.client["client_id"], "client_secret": other.client["client_secret"]}
    redirect_uri = app.parameters()["redirect_uri"]
    refused = house.token(grant_type="authorization_code", code=answer["code"], redirect_uri=redirect_uri, **form)
    assert (refused.status, refused.json()["error"]) == (400, "invalid_grant")


def test_44_a_pending_request_is_answered_once(house: InProcess) -> None:
    person(house, password=PASSWORD)
    app, state = begun_by_attacker(house)
    login = app.browser.get(location_of(Step.SIGN_IN, state))
    assert "code" in login.press("sign-in", username="jane@example.org", password=PASSWORD).answer
    again = app.browser.get(location_of(RESUME, state))
    assert (again.status, again.location) == (400, "")
    assert check_of(house) == "pending.unknown"


@pytest.mark.parametrize("state", ["", "x", "%00", "../../x", "a" * 5000, "1'%20or%20'1'='1", "%ff"])
def test_44_a_made_up_state_is_a_page(house: InProcess, state: str) -> None:
    stop = visitor(house).get(f"{RESUME}?state={state}")
    assert (stop.status, stop.location) == (400, "")


def test_clickjacking_no_page_of_a_sign_in_may_be_framed(house: InProcess) -> None:
    app = asking(house, is_first_party=False)
    stops = [
        app.ask(),
        app.ask(prompt="login"),
        app.ask(prompt="select_account"),
        app.ask(prompt="create"),
        app.ask(response_mode="form_post", prompt="none"),
        app.ask(client_id="nobody"),
    ]
    assert [stop.path for stop in stops[:4]] == ["/u/consent", "/u/login", "/u/account-choice", "/u/signup"]
    for stop in stops:
        assert "frame-ancestors 'none'" in stop.reply.header("content-security-policy"), stop.url
        assert stop.reply.header("x-frame-options") == "DENY"
        assert stop.reply.header("cache-control") == "no-store"


def test_no_code_or_token_is_in_a_url_of_ours(house: InProcess) -> None:
    """What stands in our own URLs is the id of the pending request alone: it opens nothing without the cookie."""
    app = asking_nobody(house)
    stop = app.ask(nonce="secret-nonce", login_hint="jane@example.org")
    assert [name for name, _ in parse_qsl(urlsplit(stop.url).query)] == ["state"]
    assert stop.state not in app.browser.cookies.values()
    assert len(app.browser.cookies[BROWSER]) == 43
