"""Signing in with a password, form by form."""

from __future__ import annotations

from tallystick.web.cookies import SESSION
from tests.inprocess import InProcess
from tests.people import PASSWORD, person
from tests.signin import Stop, Visitor, visitor


def at_login(house: InProcess, browser: Visitor | None = None) -> Stop:
    """The sign-in page, on the way to one's own account."""
    return (browser or visitor(house)).get("/account")


def test_the_right_password_signs_in(house: InProcess) -> None:
    person(house, password=PASSWORD)
    page = at_login(house)
    assert page.path == "/u/login"
    assert page.press("sign-in", username="Jane@Example.org", password=PASSWORD).path == "/account"
    assert SESSION in page.visitor.cookies
