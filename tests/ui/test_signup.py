"""Making an account of one's own."""

from __future__ import annotations

import pytest

from tallystick.users.user import User
from tests.inprocess import InProcess
from tests.people import PASSWORD, person
from tests.signin import Stop
from tests.ui.steps import at, now, rows

NEW = "new@example.org"


def sign_up(page: Stop, email: str = NEW, password: str = PASSWORD, **more: str) -> Stop:
    return page.press("sign-up", username=email, password=password, **more)


def test_a_new_account_is_signed_in(house: InProcess) -> None:
    page = at(house, "/u/login").follow("sign-up")
    assert page.path == "/u/signup"
    sign_up(page)
    assert now(house, page).progress == {"signed_in_at_ms": house.clock.now_ms()}
    (user,) = house.run(house.worker.storage.find(User, house.tenant.tenant_id, where={"email": NEW}))
    assert (user.email, user.email_verified, user.logins_count) == (NEW, False, 1)
    (row,) = rows(house, "ss")
    assert row.user_id == user.user_id


def test_whether_there_is_an_account_is_told_only_where_the_tenant_wants_it(house: InProcess) -> None:
    person(house)
    quiet = sign_up(at(house, "/u/signup"), "JANE@example.org")
    assert "already" not in quiet.reply.text
    assert {"sign-in-instead", "forgot-password"} <= set(quiet.page.links)
    assert rows(house, "fs")[0].details["check"] == "user.unique"
    house.ask("PATCH", "tenants/settings", {"flags": {"enable_public_signup_user_exists_error": True}})
    assert "already" in sign_up(at(house, "/u/signup"), "jane@example.org").page.alerts[0]


@pytest.mark.parametrize(
    ("email", "password", "field", "told"),
    [
        ("nobody", PASSWORD, "username", "not an email address"),
        (NEW, "abc-1", "password", "too short"),
        (NEW, "x" * 2_000, "password", "too long"),
        ("", PASSWORD, "username", "every field"),
    ],
)
def test_what_is_not_taken_is_said_at_its_field(
    house: InProcess, email: str, password: str, field: str, told: str
) -> None:
    stop = sign_up(at(house, "/u/signup"), email, password)
    assert told in stop.page.alerts[0]
    assert stop.page.attributes[field]["aria-invalid"] == "true"
    assert password not in stop.reply.text or not password
    assert house.run(house.worker.storage.find(User, house.tenant.tenant_id, where={"email": NEW})) == []


def test_where_sign_up_is_off_there_is_neither_link_nor_page(house: InProcess) -> None:
    connection = house.ask("GET", "connections")[0]
    house.ask(
        "PATCH", f"connections/{connection['id']}", {"options": {**connection["options"], "disable_signup": True}}
    )
    page = at(house, "/u/login")
    assert "sign-up" not in page.page.links
    refused = page.visitor.get(f"/u/signup?state={page.state}")
    assert (refused.status, "access_denied" in refused.error) == (400, True)


def test_a_username_is_asked_for_where_the_tenant_wants_one(house: InProcess) -> None:
    connection = house.ask("GET", "connections")[0]
    options = {**connection["options"], "requires_username": True}
    house.ask("PATCH", f"connections/{connection['id']}", {"options": options})
    page = at(house, "/u/signup")
    assert "every field" in sign_up(page, handle="").page.alerts[0]
    sign_up(page, handle="Newcomer")
    (user,) = house.run(house.worker.storage.find(User, house.tenant.tenant_id, where={"email": NEW}))
    assert user.username == "newcomer"


def test_one_address_does_not_make_accounts_without_end(house: InProcess) -> None:
    stage = {"pre-user-registration": {"max_attempts": 1, "rate": 3_600_000}}
    house.ask("PATCH", "attack-protection/suspicious-ip-throttling", {"stage": stage})
    sign_up(at(house, "/u/signup"), "first@example.org")
    stop = sign_up(at(house, "/u/signup"))
    assert "Too many accounts" in stop.page.alerts[0]
    assert house.run(house.worker.storage.find(User, house.tenant.tenant_id, where={"email": NEW})) == []
