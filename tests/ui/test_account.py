"""One's own account: profile, password, sessions, applications, and the way out."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.tokens.families import begin
from tallystick.tokens.family import TokenFamily
from tallystick.users.consent import Consent
from tallystick.users.consents import Consents
from tallystick.users.session import Session
from tallystick.users.user import User
from tallystick.web.cookies import SESSION
from tests.inprocess import InProcess
from tests.people import PASSWORD, person, signed_in
from tests.signin import Stop
from tests.ui.steps import begun, rows

NEW = "a better battery staple"
FIREFOX = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}


def sessions_of(house: InProcess, user: User) -> list[Session]:
    return house.run(house.worker.storage.find(Session, user.tenant_id, where={"user_id": user.user_id}))


def change(page: Stop, current: str = PASSWORD, new: str = NEW) -> Stop:
    return page.press("change-password", current_password=current, new_password=new)


def test_a_new_password_ends_every_other_session(house: InProcess) -> None:
    user = person(house, password=PASSWORD)
    browser, other = signed_in(house, user, ["pwd", "otp", "mfa"]), signed_in(house, user)
    before = browser.cookies[SESSION]
    done = change(browser.get("/account"))
    assert "password is changed" in done.reply.text
    assert browser.cookies[SESSION] != before
    (left,) = sessions_of(house, user)
    assert left.amr == ["pwd", "otp", "mfa"]
    assert other.get("/account").path == "/u/login"
    assert other.get("/account").press("sign-in", username=user.email, password=NEW).path == "/account"
    (row,) = rows(house, "scp")
    assert (row.user_id, NEW in str(row)) == (user.user_id, False)


@pytest.mark.parametrize(
    ("current", "new", "told", "field"),
    [
        ("wrong", NEW, "current password is not right", "current_password"),
        ("", NEW, "Enter your current", "current_password"),
        (PASSWORD, "short", "too short", "new_password"),
        (PASSWORD, PASSWORD, "must differ", "new_password"),
        (PASSWORD, "x" * 1_001, "", "new_password"),
    ],
)
def test_a_new_password_takes_the_old_one_and_has_to_be_good(
    house: InProcess, current: str, new: str, told: str, field: str
) -> None:
    user = person(house, password=PASSWORD)
    stop = change(signed_in(house, user).get("/account"), current, new)
    assert (stop.path, told in stop.page.alerts[0]) == ("/account/password", True)
    assert stop.page.attributes[field]["aria-invalid"] == "true"
    after = house.run(house.worker.storage.get(User, user.tenant_id, user.user_id))
    assert after is not None
    assert after.password_hash == user.password_hash


def test_guesses_at_the_old_password_count(house: InProcess) -> None:
    """Whoever finds a browser signed in must not try passwords for ever."""
    house.ask("PATCH", "attack-protection/brute-force-protection", {"max_attempts": 1})
    page = signed_in(house, person(house, password=PASSWORD)).get("/account")
    change(page, "wrong")
    assert "too many" in change(page).page.alerts[0]


def test_sessions_are_listed_and_ended(house: InProcess) -> None:
    user = person(house)
    browser, other, third = (signed_in(house, user) for _ in range(3))
    other.get("/account", FIREFOX)
    page = browser.get("/account")
    assert page.reply.text.count("Sign out there") == 2
    done = page.press("end-1")
    assert "signed out there" in done.reply.text
    assert len(sessions_of(house, user)) == 2
    done.press("end-others")
    assert [browser.get("/account").path, other.get("/account").path, third.get("/account").path] == [
        "/account",
        "/u/login",
        "/u/login",
    ]


def test_each_session_that_ends_has_a_row(house: InProcess) -> None:
    user = person(house)
    browser, other = signed_in(house, user), signed_in(house, user)
    browser.get("/account").press("end-others")
    (first,) = rows(house, "slo")
    assert (first.user_id, first.details["initiator"]) == (user.user_id, "session-revoked")
    (left,) = sessions_of(house, user)
    browser.get("/account").press("sign-out")
    (last, _) = rows(house, "slo")
    assert last.details == {"sid": left.id, "initiator": "idp-logout"}
    assert other.get("/account").path == "/u/login"


def test_nobody_ends_the_session_of_somebody_else(house: InProcess) -> None:
    john = person(house, "john@example.org")
    signed_in(house, john)
    jane = person(house)
    signed_in(house, jane)
    page = signed_in(house, jane).get("/account")
    (his,) = sessions_of(house, john)
    page.press("end-1", session=his.id)
    assert len(sessions_of(house, john)) == 1
    assert len(sessions_of(house, jane)) == 2


def given(house: InProcess, user: User, client_id: str) -> TokenFamily:
    """A consent for an application, and a refresh token of its."""
    now_ms = house.clock.now_ms()
    wanted = {"https://localhost:8443/userinfo": ["openid", "email"]}
    house.run(Consents(house.worker.storage).grant(house.tenant, user.user_id, client_id, wanted, now_ms))
    fields: dict[str, Any] = {"tenant_id": user.tenant_id, "client_id": client_id, "user_id": user.user_id}
    family = begin(**fields, session_id=None, audience=None, scope=["openid"], auth_time_ms=now_ms, now_ms=now_ms)
    house.run(house.worker.storage.write(saves=(family,)))
    return family


def test_an_application_loses_its_access(house: InProcess) -> None:
    user, john = person(house), person(house, "john@example.org")
    client_id = house.made("POST", "clients", {"name": "Ledger", "app_type": "regular_web"})["client_id"]
    family, other = given(house, user, client_id), given(house, john, client_id)
    page = signed_in(house, user).get("/account")
    assert "Ledger" in page.reply.text
    assert "Ledger" not in page.press("withdraw-1").reply.text
    assert house.run(house.worker.storage.find(Consent, user.tenant_id, where={"user_id": user.user_id})) == []
    after = house.run(house.worker.storage.get(TokenFamily, user.tenant_id, family.id))
    untouched = house.run(house.worker.storage.get(TokenFamily, user.tenant_id, other.id))
    assert after is not None
    assert untouched is not None
    assert (after.withdrawn_because, untouched.withdrawn_at_ms) == ("consent-withdrawn", None)


def test_signing_out(house: InProcess) -> None:
    user = person(house)
    browser = signed_in(house, user)
    stop = browser.get("/account").press("sign-out")
    assert "signed out" in stop.page.by_id.get("main", stop.reply.text)
    assert SESSION not in browser.cookies
    assert sessions_of(house, user) == []


def test_who_is_not_signed_in_is_asked_to_and_comes_back(house: InProcess) -> None:
    user = person(house, password=PASSWORD)
    browser = signed_in(house, user)
    page = browser.get("/account")
    del browser.cookies[SESSION]
    stop = page.press("sign-out")
    assert stop.path == "/u/login"
    assert stop.press("sign-in", username=user.email, password=PASSWORD).path == "/account"
    assert len(sessions_of(house, user)) == 2


def test_who_owes_a_second_factor_does_not_get_in_by_the_first(house: InProcess) -> None:
    person(house, password=PASSWORD)
    house.ask("PUT", "guardian/policies", ["all-applications"])
    browser = signed_in(house, person(house, "john@example.org"))
    del browser.cookies[SESSION]
    page = browser.get("/account")
    stop = page.press("sign-in", username="jane@example.org", password=PASSWORD)
    assert stop.path == "/u/factor/enroll"
    assert SESSION not in browser.cookies
    assert browser.get("/account").path == "/u/login"
    # Nor by going on without it.
    assert browser.get(f"/account/resume?state={page.state}").path == "/u/factor/enroll"


def test_a_blocked_account_is_not_looked_after(house: InProcess) -> None:
    """Its sessions end when it is blocked; should one be left, it opens nothing."""
    stop = signed_in(house, person(house, blocked=True)).get("/account")
    assert (stop.status, "access_denied" in stop.error) == (400, True)


def test_an_application_s_sign_in_does_not_end_at_an_account(house: InProcess) -> None:
    browser, pending = begun(house, signed_in(house, person(house)))
    stop = browser.get(f"/account/resume?state={pending.id}")
    assert (stop.status, rows(house, "f")[0].details["check"]) == (400, "pending.unknown")
