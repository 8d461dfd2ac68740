"""What comes next: which page, which refusal, or the answer at once (OpenID Connect Core 3.1.2.3 and 3.1.2.6)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from tallystick.authorization.pending import PendingAuthorization
from tallystick.users.assurance import MULTI_FACTOR
from tests.application import decoded
from tests.authorization.asking import (
    REDIRECT_URI,
    Asking,
    asking,
    asking_nobody,
    check_of,
    last_event,
    sent_back,
    set_tenant,
)
from tests.inprocess import InProcess
from tests.people import PASSWORD, person, signed_in
from tests.signin import Stop

EMAIL = "jane@example.org"


def with_password(house: InProcess, **fields: Any) -> Asking:
    """An application that asks where nobody is signed in; Jane has a password."""
    person(house, EMAIL, password=PASSWORD)
    return asking_nobody(house, **fields)


def sign_in(stop: Stop, email: str = EMAIL) -> Stop:
    assert stop.path == "/u/login", stop.url
    return stop.press("sign-in", username=email, password=PASSWORD)


def auth_time(tokens: dict[str, Any]) -> int:
    return int(decoded(tokens["id_token"])[1]["auth_time"])


def pending_rows(house: InProcess) -> int:
    return house.run(house.worker.storage.count(PendingAuthorization, house.tenant.tenant_id))


def test_with_a_session_the_answer_comes_in_one_pass(house: InProcess) -> None:
    app = asking(house)
    assert app.code()
    assert app.browser.trail == ["GET /authorize"]
    assert pending_rows(house) == 0


def test_without_a_session_somebody_signs_in_and_the_pending_request_is_over(house: InProcess) -> None:
    app = with_password(house)
    stop = sign_in(app.ask())
    assert stop.answer["state"] == "s t&a=te"
    assert pending_rows(house) == 0
    assert app.code()  # and now there is a session


def test_prompt_none_is_never_a_page(house: InProcess) -> None:
    app = asking_nobody(house)
    assert app.ask(prompt="none").answer["error"] == "login_required"
    assert last_event(house).type == "fsa"
    signed_in(house, person(house), browser=app.browser)
    assert app.code(prompt="none")
    assert last_event(house).type == "ssa"


def test_prompt_login_asks_whoever_is_there(house: InProcess) -> None:
    """oidcc-prompt-login."""
    app = with_password(house)
    first = sign_in(app.ask())
    assert "code" in first.answer
    house.clock.advance(10)
    again = app.ask(prompt="login")
    assert "code" in sign_in(again).answer
    assert app.browser.get(f"/authorize/resume?state={again.state}").status == 400  # answered once


@pytest.mark.parametrize(("max_age", "asks"), [("0", True), ("59", True), ("61", False), ("10000", False)])
def test_max_age_asks_when_the_sign_in_is_too_long_ago(house: InProcess, max_age: str, asks: bool) -> None:
    app = with_password(house)
    before = auth_time(redeemed_of(app, sign_in(app.ask())))
    house.clock.advance(60)
    stop = app.ask(max_age=max_age)
    if asks:
        assert app.ask(max_age=max_age, prompt="none").answer["error"] == "login_required"
        assert auth_time(redeemed_of(app, sign_in(stop))) == before + 60
    else:
        assert auth_time(redeemed_of(app, stop)) == before


def test_max_age_zero_asks_however_lately_somebody_signed_in(house: InProcess) -> None:
    app = asking(house)
    assert app.ask(max_age="0").path == "/u/login"
    assert app.ask(max_age="1").answer["code"]


def redeemed_of(app: Asking, stop: Stop) -> dict[str, Any]:
    form = {"client_id": app.client["client_id"], "client_secret": app.client["client_secret"]}
    code = stop.answer["code"]
    answer = app.house.token(grant_type="authorization_code", code=code, redirect_uri=REDIRECT_URI, **form)
    tokens: dict[str, Any] = answer.json()
    return tokens


def test_max_age_one_is_answered_however_long_the_consent_takes(house: InProcess) -> None:
    app = with_password(house, is_first_party=False)
    consent = sign_in(app.ask(max_age="1"))
    house.clock.advance(30)
    assert "code" in consent.press("allow").answer


def test_select_account_shows_who_is_there(house: InProcess) -> None:
    app = asking(house)
    assert app.ask(prompt="select_account").path == "/u/account-choice"
    assert asking_nobody(house).ask(prompt="select_account").path == "/u/login"


def test_who_is_to_sign_up_comes_to_that_page(house: InProcess) -> None:
    app = asking_nobody(house)
    assert app.ask(screen_hint="signup").path == "/u/signup"
    signed_in(house, person(house), browser=app.browser)
    assert app.code(screen_hint="signup")
    assert app.ask(prompt="create").path == "/u/signup"


def test_a_blocked_or_deleted_account_is_not_signed_in(house: InProcess) -> None:
    user, other = person(house), person(house, "other@example.org")
    one, another = asking(house, signed_in(house, user)), asking(house, signed_in(house, other))
    # Straight into the database: the session is still there, as it is for a moment when the account goes.
    house.run(house.worker.storage.write(saves=(replace(user, blocked=True),), erasures=(other,)))
    for app in (one, another):
        assert app.ask().path == "/u/login"
        assert app.ask(prompt="none").answer["error"] == "login_required"


def test_a_hint_names_who_must_be_there(house: InProcess) -> None:
    """Core 3.1.2.1: the person meant, or login_required; never somebody else."""
    app = asking(house)
    hint = app.tokens()["id_token"]
    assert app.code(id_token_hint=hint, prompt="none")
    person(house, "other@example.org", password=PASSWORD)
    signed_in(house, person(house, "third@example.org"), browser=app.browser)
    assert app.ask(id_token_hint=hint, prompt="none").answer["error"] == "login_required"
    stop = sign_in(app.ask(id_token_hint=hint), "other@example.org")
    sent_back(app, stop, "login_required", "hinted_person")


def test_a_third_party_needs_consent_once_and_for_each_new_scope(house: InProcess) -> None:
    app = asking(house, is_first_party=False)
    assert app.ask(prompt="none").answer["error"] == "consent_required"
    stop = app.ask()
    assert stop.path == "/u/consent"
    assert "code" in stop.press("allow").answer
    assert app.code(prompt="none")
    wider = app.ask(scope="openid email")
    assert wider.path == "/u/consent"
    sent_back(app, wider.press("deny"), "access_denied", "person_refused")
    assert app.ask(scope="openid email", prompt="none").answer["error"] == "consent_required"


def test_a_first_party_needs_none_unless_it_asks(house: InProcess) -> None:
    app = asking(house)
    assert app.code()
    stop = app.ask(prompt="consent")
    assert stop.path == "/u/consent"
    assert "code" in stop.press("allow").answer
    assert app.ask(prompt="consent").path == "/u/consent"


def test_whoever_cancels_sends_the_application_access_denied(house: InProcess) -> None:
    app = asking_nobody(house)
    stop = app.ask()
    sent_back(app, stop.press("cancel", username=None, password=None), "access_denied", "person_refused")
    assert app.browser.get(f"/authorize/resume?state={stop.state}").status == 400


def test_an_acr_of_two_factors_asks_for_the_second(house: InProcess) -> None:
    house.ask("PUT", "guardian/factors/otp", {"enabled": True})
    app = asking(house)
    assert app.ask(acr_values=MULTI_FACTOR).path == "/u/factor/enroll"
    assert app.ask(acr_values=MULTI_FACTOR, prompt="none").answer["error"] == "interaction_required"
    both = asking(house, signed_in(house, person(house, "two@example.org"), ("pwd", "otp", "mfa")))
    assert decoded(both.tokens(acr_values=MULTI_FACTOR)["id_token"])[1]["acr"] == MULTI_FACTOR


def test_an_essential_acr_that_nobody_knows_is_unmet(house: InProcess) -> None:
    app = asking(house)
    claims = msgspec.json.encode({"id_token": {"acr": {"essential": True, "values": ["made:up"]}}}).decode()
    sent_back(app, app.ask(claims=claims), "unmet_authentication_requirements", "acr_unmet")
    assert app.code(acr_values="made:up")  # voluntary: an ordinary sign-in


def test_what_was_withdrawn_meanwhile_is_refused_at_the_return(house: InProcess) -> None:
    """attacks.md 44: checked at redemption as well as at the start."""
    app = with_password(house)
    stop = app.ask()
    house.ask("PATCH", f"clients/{app.client['client_id']}", {"callbacks": ["https://elsewhere.example/"]})
    back = sign_in(stop)
    assert (back.status, back.location) == (400, "")
    assert check_of(house) == "authorize.redirect_uri_registered"


def test_the_tenants_switch_counts_at_the_return_too(house: InProcess) -> None:
    set_tenant(house, implicit_and_hybrid_supported=True)
    app = with_password(house, grant_types=["authorization_code", "implicit"])
    stop = app.ask(response_type="code id_token", nonce="n")
    set_tenant(house, implicit_and_hybrid_supported=False)
    sent_back(app, sign_in(stop), "unsupported_response_type", "response_type_offered")
    assert pending_rows(house) == 0
