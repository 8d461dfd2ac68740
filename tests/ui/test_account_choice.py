"""Going on as who is signed in, or as somebody else."""

from __future__ import annotations

from tests.inprocess import InProcess
from tests.people import person, signed_in
from tests.ui.steps import at, now

PAGE = "/u/account-choice"


def test_going_on_as_who_is_signed_in(house: InProcess) -> None:
    page = at(house, PAGE, signed_in(house, person(house)))
    assert "jane@example.org" in page.page.by_id["continue"]
    page.press("continue")
    assert list(now(house, page).progress) == ["chosen_user_id"]


def test_somebody_else_signs_in(house: InProcess) -> None:
    page = at(house, PAGE, signed_in(house, person(house)))
    assert page.press("other").path == "/u/login"
    assert now(house, page).progress == {}


def test_nobody_is_signed_in(house: InProcess) -> None:
    assert at(house, PAGE).path == "/u/login"


def test_who_was_shown_is_who_goes_on(house: InProcess) -> None:
    """Another person signed in meanwhile, in another tab."""
    page = at(house, PAGE, signed_in(house, person(house)))
    signed_in(house, person(house, "john@example.org"), browser=page.visitor)
    again = page.press("continue")
    assert (again.path, "john@example.org" in again.reply.text) == (PAGE, True)
    assert now(house, page).progress == {}
