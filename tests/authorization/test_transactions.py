"""auth0.md 5.4: an API whose every request its people confirm, by a second factor for it and on a page."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tallystick.authorization.steps import RESUME
from tallystick.web.cookies import SESSION
from tests.application import decoded
from tests.authorization.asking import Asking, application, check_of, last_event, redeemed, sent_back
from tests.authorization.detailed import API, PAYMENT, ask, bank
from tests.inprocess import InProcess
from tests.people import PASSWORD, person, signed_in
from tests.signin import Stop
from tests.ui.factor_steps import ORIGIN, Somebody, fresh_options

POLICY = "transactional-authorization-with-mfa"


@pytest.fixture
def jane(house: InProcess) -> Somebody:
    """With an app, and signed in by both factors."""
    bank(house, consent_policy=POLICY)
    jane = Somebody(house)
    jane.add_app()
    return jane


def app_of(somebody: Somebody, **fields: Any) -> Asking:
    """The tenant's own application in this browser."""
    return Asking(somebody.house, application(somebody.house, **fields), somebody.browser)


def by_factor(jane: Somebody, stop: Stop) -> Stop:
    assert stop.path == "/u/factor", stop.url
    return stop.press("sign-in", otp=jane.code())


def test_each_transaction_takes_a_factor_and_then_a_page(jane: Somebody) -> None:
    app = app_of(jane)
    for _ in range(2):
        page = by_factor(jane, ask(app, PAYMENT))
        assert (page.path, "12.30" in page.reply.text) == ("/u/consent", True)
        assert "this one time" in page.reply.text
        assert "code" in page.press("allow").answer


def test_it_has_a_name_in_token_and_log(jane: Somebody) -> None:
    app = app_of(jane)
    answer = redeemed(app, by_factor(jane, ask(app, PAYMENT)).press("allow").answer["code"])
    name = decoded(answer["access_token"])[1]["transaction_linking_id"]
    assert str(UUID(name)) == name
    assert "transaction_linking_id" not in answer
    told = [row for row in jane.house.ask("GET", "logs") if row["details"].get("transaction_linking_id") == name]
    assert [row["type"] for row in told] == ["seacft", "transaction_approved", "gd_auth_succeed"]
    assert all("12.30" not in str(row) for row in told)


def test_who_rejects_it_sends_the_application_away(jane: Somebody) -> None:
    app = app_of(jane)
    sent_back(app, by_factor(jane, ask(app, PAYMENT)).press("deny"), "access_denied", "person_refused")
    assert UUID(last_event(jane.house).details["transaction_linking_id"])
    sent_back(app, ask(app, PAYMENT).press("cancel"), "access_denied", "person_refused")


def test_scopes_alone_are_a_transaction_too(jane: Somebody) -> None:
    app = app_of(jane)
    page = by_factor(jane, app.ask(audience=API, scope="read"))
    assert page.path == "/u/consent"
    assert "code" in page.press("allow").answer
    assert app.code()  # and no other request is


def test_nobody_is_asked_silently(jane: Somebody) -> None:
    app = app_of(jane)
    assert app.ask(audience=API, prompt="none").answer["error"] == "interaction_required"
    assert check_of(jane.house) == "authorize.person_needed"


def test_no_way_round_the_factor(jane: Somebody) -> None:
    """Allowed before the factor counts for nothing, and neither does another request's."""
    app = app_of(jane)
    other = ask(app, PAYMENT)
    by_factor(jane, other)
    stop = ask(app, PAYMENT)
    consent = jane.browser.get(f"/u/consent?state={stop.state}")
    back = consent.press("allow")
    assert back.path == "/u/factor"
    page = by_factor(jane, back)
    assert page.path == "/u/consent"
    assert "code" in page.press("allow").answer


def test_the_factor_of_one_person_is_not_anothers(jane: Somebody) -> None:
    """attacks.md 44: a session that was put into the browser after somebody else's factor."""
    app = app_of(jane)
    page = by_factor(jane, ask(app, PAYMENT))
    signed_in(jane.house, person(jane.house, "mallory@example.org"), ("pwd", "otp", "mfa"), jane.browser)
    again = page.press("allow")
    assert again.path in ("/u/factor/enroll", "/u/consent")
    assert jane.browser.get(f"/authorize/resume?state={page.state}").path == "/u/factor/enroll"


def test_the_factor_of_the_sign_in_is_one_for_it(jane: Somebody) -> None:
    """Who signs in for the transaction itself has just passed one."""
    jane.forget_session()
    app = app_of(jane)
    stop = ask(app, PAYMENT).press("sign-in", username=jane.user.email, password=PASSWORD)
    page = by_factor(jane, stop)
    assert page.path == "/u/consent"
    assert "code" in page.press("allow").answer
    approved, passed = (
        jane.house.ask("GET", f"logs?q=type:{type}")[0] for type in ("transaction_approved", "gd_auth_succeed")
    )
    name = "transaction_linking_id"
    assert approved["details"][name] == passed["details"][name]


def test_who_signs_in_for_it_by_a_passkey_alone_has_passed_both(jane: Somebody) -> None:
    jane.add_passkey()
    jane.forget_session()
    stop = ask(app_of(jane), PAYMENT)
    page = stop.press("passkey", credential=jane.passkey.use(fresh_options(stop), ORIGIN))
    assert page.path == "/u/consent"
    assert "code" in page.press("allow").answer


def test_who_has_no_factor_enrols_one_though_the_tenant_offers_none(house: InProcess) -> None:
    bank(house, consent_policy=POLICY)
    somebody = Somebody(house)
    app = app_of(somebody)
    page = ask(app, PAYMENT).press("sign-in", username=somebody.user.email, password=PASSWORD)
    assert page.path == "/u/factor/enroll"
    somebody.key = page.page.by_id["key"].replace(" ", "")
    done = page.press("sign-in", otp=somebody.code())
    if done.path != "/u/consent":
        done = done.follow("continue")
    assert done.path == "/u/consent"
    assert "code" in done.press("allow").answer


def test_a_refresh_repeats_nothing(jane: Somebody) -> None:
    app = app_of(jane)
    answer = redeemed(
        app, by_factor(jane, ask(app, PAYMENT, scope="openid offline_access")).press("allow").answer["code"]
    )
    credentials = {name: app.client[name] for name in ("client_id", "client_secret")}
    again = jane.house.token(grant_type="refresh_token", refresh_token=answer["refresh_token"], **credentials)
    before, after = (decoded(body["access_token"])[1] for body in (answer, again.json()))
    for claim in ("transaction_linking_id", "authorization_details"):
        assert before[claim] == after[claim]
        shown = jane.house.ask("GET", f"refresh-tokens/{before['grant_id']}")
        assert shown[claim] == before[claim]


def test_nothing_of_it_is_remembered(jane: Somebody) -> None:
    app = app_of(jane, is_first_party=False)
    assert "code" in by_factor(jane, ask(app, PAYMENT)).press("allow").answer
    assert jane.house.ask("GET", "grants") == []


def test_the_policy_counts_at_the_return_too(house: InProcess) -> None:
    """attacks.md 44: switched on while somebody signs in."""
    api = bank(house)
    somebody = Somebody(house)
    app = app_of(somebody)
    stop = ask(app)
    house.ask("PATCH", f"resource-servers/{api['id']}", {"consent_policy": POLICY})
    assert stop.press("sign-in", username=somebody.user.email, password=PASSWORD).path == "/u/factor/enroll"
    house.ask("PATCH", f"resource-servers/{api['id']}", {"consent_policy": None})
    assert "code" in ask(app).answer
    assert SESSION in somebody.browser.cookies


@pytest.mark.parametrize(
    "change",
    [
        {"scopes": [{"value": "read"}, {"value": "write"}]},
        {"authorization_details": [{"type": "payment", "description": "Pay everything, always"}]},
    ],
)
def test_what_was_approved_is_what_was_shown_at_the_return_too(jane: Somebody, change: dict[str, Any]) -> None:
    """attacks.md 44: more than that is asked for between the approval and the answer."""
    (api,) = [one for one in jane.house.ask("GET", "resource-servers") if one["identifier"] == API]
    jane.house.ask("PATCH", f"resource-servers/{api['id']}", {"scopes": [{"value": "read"}]})
    page = by_factor(jane, ask(app_of(jane), PAYMENT, scope="openid read write"))
    jane.browser.stops_before = RESUME
    back = page.press("allow").location
    jane.browser.stops_before = ""
    jane.house.ask("PATCH", f"resource-servers/{api['id']}", change)
    again = jane.browser.get(back)
    assert again.path == "/u/consent"
    assert "code" in again.press("allow").answer
