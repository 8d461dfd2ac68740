"""Attacks on how people sign in that no line of attacks.md has: switches by hand, links of yesterday, long names."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tallystick.events import Event, EventType
from tallystick.records import Stale
from tallystick.users.authenticator import Authenticator
from tests.authorization.asking import asking, asking_nobody, check_of
from tests.inprocess import InProcess
from tests.people import PASSWORD, person, signed_in
from tests.signin import visitor
from tests.ui.factor_steps import Somebody

OFF = {"authentication_methods": {"password": {"enabled": False}, "passkey": {"enabled": True}}}
NEW = "another long pass phrase"


def set_options(house: InProcess, options: object) -> None:
    [connection] = house.ask("GET", "connections")
    house.ask("PATCH", f"connections/{connection['id']}", {"options": options})


def test_a_password_opens_nothing_where_passwords_are_off(house: InProcess) -> None:
    """The page that was open before, and whoever sends the form by hand."""
    person(house, password=PASSWORD)
    login = asking_nobody(house).ask()
    reset = login.follow("forgot-password")
    signup = login.follow("sign-up")
    set_options(house, OFF)
    for stop, button, fields in (
        (login, "sign-in", {"username": "jane@example.org", "password": PASSWORD}),
        (signup, "sign-up", {"username": "max@example.org", "password": PASSWORD}),
        (reset, "reset", {"username": "jane@example.org"}),
    ):
        refused = stop.press(button, **fields)
        assert (refused.status, refused.location) == (400, ""), button
        assert check_of(house) == ("sign_up.disabled" if button == "sign-up" else "password.not_offered")
    again = login.visitor.get(login.url)
    assert "passkey" in again.page.by_id
    for gone in ("password", "sign-in", "forgot-password", "sign-up"):
        assert f'id="{gone}"' not in again.reply.text
    assert "access_denied" in again.press("cancel").location


@pytest.mark.parametrize("by", ["its owner", "an administrator"])
def test_a_link_from_before_the_password_changed_opens_nothing(house: InProcess, by: str) -> None:
    """Whoever could read the mail for a while asked for a link, and kept it."""
    jane = person(house, password=PASSWORD)
    link = house.ask("POST", "tickets/password-change", {"user_id": jane.user_id})["ticket"]
    other = house.ask("POST", "tickets/email-verification", {"user_id": jane.user_id})["ticket"]
    assert visitor(house).get(link).status == 200
    if by == "an administrator":
        house.ask("PATCH", f"users/{quote(jane.user_id, safe='')}", {"password": NEW})
    else:
        overview = signed_in(house, jane).get("/account")
        done = overview.press("change-password", current_password=PASSWORD, new_password=NEW)
        assert done.path == "/account"
    assert visitor(house).get(link).status == 400
    assert check_of(house) == "ticket.unknown"
    assert visitor(house).get(other).status == 200, "what proves the address is no way in"


def test_what_was_proven_about_one_address_does_nothing_for_the_next(house: InProcess) -> None:
    """An account gets another address at the moment at which whoever reads the old mail uses a link."""
    before = person(house, password=PASSWORD)
    path = f"users/{quote(before.user_id, safe='')}"
    house.ask("PATCH", path, {"email": "new@example.org"})
    accounts, now_ms = house.worker.people.accounts, house.clock.now_ms()

    def log(description: str, **_details: object) -> Event:
        return Event(tenant_id=before.tenant_id, type=EventType.PASSWORD_CHANGED, at_ms=now_ms, description=description)

    with pytest.raises(Stale):
        house.run(accounts.set_password(house.tenant, before, NEW, now_ms, log))
    with pytest.raises(Stale):
        house.run(accounts.mark_email_verified(before, now_ms, log("The address was verified")))
    assert house.ask("GET", path)["email_verified"] is False
    stop = visitor(house).get("/account").press("sign-in", username="new@example.org", password=PASSWORD)
    assert stop.path == "/account"


def test_a_tenant_of_a_very_long_name_locks_nobody_out(house: InProcess) -> None:
    """The QR code of an authenticator app holds the name twice: too long a one made no code at all."""
    local, domain = "%" * 64, ".".join(["d" * 60] * 3) + ".test"
    jane = Somebody(house, f"{local}@{domain}"[:254])
    house.ask("PATCH", "tenants/settings", {"friendly_name": "\N{SNOWMAN}\N{PILE OF POO}" * 500})
    jane.add_app()
    assert len(jane.codes) == 10


def test_anothers_session_confirms_nothing_in_a_sign_in(house: InProcess) -> None:
    """A browser where somebody is signed in, and another owes an enrolment: neither becomes the other."""
    house.ask("PUT", "guardian/policies", ["all-applications"])
    max_ = person(house, "max@example.org", password=PASSWORD)
    browser = signed_in(house, person(house), ("pwd", "otp", "mfa"))
    stop = asking(house, browser).ask(prompt="login")
    stop = stop.press("sign-in", username="max@example.org", password=PASSWORD)
    assert stop.path == "/u/factor/enroll"
    form = {**stop.page.forms[0].fields, "action": "confirm", "password": PASSWORD}
    stop = browser.post(stop.url, form)
    assert (stop.status, stop.path) == (200, "/u/factor/enroll")
    where = {"user_id": max_.user_id}
    assert house.run(house.worker.storage.find(Authenticator, house.tenant.tenant_id, where=where)) == []
