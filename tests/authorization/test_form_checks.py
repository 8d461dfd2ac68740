"""Parameters as such: once, bounded, and nothing that is not supported silently ignored."""

from __future__ import annotations

import pytest

from tests.authorization.asking import Asking, asking, asking_nobody, check_of, sent_back
from tests.inprocess import InProcess


def test_control_characters_are_refused(house: InProcess) -> None:
    app = asking(house)
    for value in ("\x7f", "a\nb", "a\x00b"):
        sent_back(app, app.ask(nonce=value), "invalid_request", "characters")


def test_a_parameter_is_bounded(house: InProcess) -> None:
    app = asking(house)
    sent_back(app, app.ask(nonce="n" * 4097), "invalid_request", "length")
    assert app.code(nonce="n" * 384)


def test_so_is_the_request(house: InProcess) -> None:
    """Each that waits for a person is a row for an hour: a form brings no more than a URL could."""
    app = asking_nobody(house)
    for more in ({f"own{number}": "v" * 4096 for number in range(4)}, {"n" * 16_384: "v"}):
        stop = app.browser.post("/authorize", app.parameters(**more), from_elsewhere=True)
        sent_back(app, stop, "invalid_request", "length")
    more = {f"own{number}": "v" * 4000 for number in range(4)}
    assert app.browser.post("/authorize", app.parameters(**more), from_elsewhere=True).path == "/u/login"


def test_a_long_state_comes_back_whole(house: InProcess) -> None:
    """FAPI: ensure-authorization-request-with-long-state."""
    state = "~ä\"'%&+=#" * 111
    assert asking(house).ask(state=state).answer["state"] == state


def test_without_state_none_comes_back(house: InProcess) -> None:
    assert set(asking(house).ask(state=None).answer) == {"code", "iss"}


def test_a_registration_is_refused_not_ignored(house: InProcess) -> None:
    app = asking(house)
    sent_back(app, app.ask(registration="{}"), "registration_not_supported", "registration")


def test_an_organization_is_refused_not_ignored(house: InProcess) -> None:
    app = asking(house)
    sent_back(app, app.ask(organization="org_1"), "invalid_request", "organization")


def test_another_connection_is_refused_not_ignored(house: InProcess) -> None:
    app = asking(house)
    sent_back(app, app.ask(connection="google-oauth2"), "invalid_request", "connection")
    assert app.code(connection="Username-Password-Authentication")


def refused_as_malformed(app: Asking, method: str, path: str, form: dict[str, str] | None, check: str) -> None:
    stop = app.browser.get(path) if method == "GET" else app.browser.post(path, form or {})
    assert (stop.status, stop.location) == (400, "")
    assert "invalid_request" in stop.error
    assert check_of(app.house) == check


@pytest.mark.parametrize("twice", ["client_id=x", "state=other", "redirect_uri=https://evil.example/", "new=1&new=2"])
def test_a_parameter_that_stands_twice_is_a_page(house: InProcess, twice: str) -> None:
    """RFC 6749 3.1: two readers would read two requests."""
    app = asking(house)
    refused_as_malformed(app, "GET", f"{app.path()}&{twice}", None, "parameters.duplicate")


def test_a_parameter_is_sent_in_one_place(house: InProcess) -> None:
    app = asking(house)
    refused_as_malformed(app, "POST", "/authorize?state=other", app.parameters(), "parameters.query")


def test_empty_is_left_out_and_unknown_is_ignored(house: InProcess) -> None:
    app = asking(house)
    assert app.code(nonce="", prompt="", max_age="", foo="bar", display="popup", claims_locales="de")


def test_a_form_of_the_applications_own_is_as_good(house: InProcess) -> None:
    """oidcc-ensure-post-request-succeeds: the session's cookie comes along, the browser's does not."""
    app = asking(house)
    stop = app.browser.post("/authorize", app.parameters(), from_elsewhere=True)
    assert stop.reply.status == 303
    assert "code" in stop.answer


def test_a_form_of_another_site_leads_to_the_sign_in_page_all_the_same(house: InProcess) -> None:
    app = asking_nobody(house)
    app.browser.get("/u/login")  # the browser has its cookie already, and a cross-site POST does not show it
    stop = app.browser.post("/authorize", app.parameters(), from_elsewhere=True)
    assert (stop.status, stop.path) == (200, "/u/login")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD"])
def test_only_get_and_post(house: InProcess, method: str) -> None:
    answer = house.request(method, "/authorize")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, POST")
