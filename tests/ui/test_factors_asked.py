"""Second factors on the way to an application: no code before the factor, and tokens that say what was shown."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tallystick.jose import base64url
from tallystick.users.assurance import MULTI_FACTOR, PHISHING_RESISTANT
from tallystick.web.cookies import SESSION
from tests.authorization.asking import Asking, asking, redeemed
from tests.inprocess import InProcess
from tests.people import PASSWORD
from tests.signin import Stop
from tests.ui.factor_steps import ORIGIN, Somebody, codes_on, fresh_options, options_on


@pytest.fixture
def jane(house: InProcess) -> Somebody:
    return Somebody(house)


def asks(jane: Somebody) -> Asking:
    """An application that asks in Jane's browser, which is a new one."""
    jane.forget_session()
    return asking(jane.house, jane.browser)


def by_password(jane: Somebody, stop: Stop) -> Stop:
    return stop.press("sign-in", username=jane.user.email, password=PASSWORD)


def claims(asked: Asking, stop: Stop) -> dict[str, Any]:
    """What the ID token says."""
    token = redeemed(asked, stop.answer["code"])["id_token"]
    found: dict[str, Any] = msgspec.json.decode(base64url.decode(token.split(".")[1]))
    return found


def test_no_way_round_the_second_factor_leads_to_a_code(jane: Somebody) -> None:
    jane.add_app()
    asked = asks(jane)
    page = by_password(jane, asked.ask())
    assert page.path == "/u/factor"
    for path in (f"/authorize/resume?state={page.state}", f"/u/factor/enroll?state={page.state}"):
        assert jane.browser.get(path).path == "/u/factor"
    assert jane.browser.get(f"/u/consent?state={page.state}").path != "/callback"
    assert asked.ask().path == "/u/login"
    assert "login_required" in str(asked.ask(prompt="none").answer)
    assert SESSION not in jane.browser.cookies
    answered = claims(asked, page.press("sign-in", otp=jane.code()))
    assert (answered["amr"], answered["acr"]) == (["pwd", "otp", "mfa"], MULTI_FACTOR)


def test_an_application_that_asks_for_a_factor_gets_it_in_a_session_without(jane: Somebody) -> None:
    asked = asks(jane)
    by_password(jane, asked.ask())
    assert "interaction_required" in str(asked.ask(prompt="none", acr_values=MULTI_FACTOR).answer)
    page = asked.ask(acr_values=MULTI_FACTOR)
    assert page.path == "/u/factor/enroll"
    jane.key = page.page.by_id["key"].replace(" ", "")
    shown = page.press("sign-in", otp=jane.code())
    assert len(codes_on(shown)) == 10
    answered = claims(asked, shown.follow("continue"))
    assert (answered["amr"], answered["acr"]) == (["pwd", "otp", "mfa"], MULTI_FACTOR)
    assert "code" in asked.ask(prompt="none", acr_values=MULTI_FACTOR).answer


def test_a_passkey_alone_answers_whatever_is_asked(jane: Somebody) -> None:
    jane.add_passkey()
    asked = asks(jane)
    page = asked.ask(acr_values=PHISHING_RESISTANT)
    stop = page.press("passkey", credential=jane.passkey.use(fresh_options(page), ORIGIN))
    answered = claims(asked, stop)
    assert (answered["amr"], answered["acr"]) == (["hwk", "user", "mfa"], PHISHING_RESISTANT)


def test_who_has_an_app_and_is_asked_for_a_passkey_does_both(jane: Somebody) -> None:
    jane.add_app()
    asked = asks(jane)
    page = by_password(jane, asked.ask(acr_values=PHISHING_RESISTANT)).press("sign-in", otp=jane.code())
    assert page.path == "/u/factor/enroll"
    assert "key" not in page.page.by_id
    stop = page.press("add-passkey", credential=jane.passkey.make(options_on(page, "create"), ORIGIN))
    assert claims(asked, stop)["acr"] == PHISHING_RESISTANT


def test_cancelling_is_told_to_the_application(jane: Somebody) -> None:
    jane.add_app()
    asked = asks(jane)
    assert by_password(jane, asked.ask()).press("cancel").answer["error"] == "access_denied"
