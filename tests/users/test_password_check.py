"""A password lets its owner in and nobody else, however often and however many at once somebody guesses."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tallystick.users.password_check import SignInRefused
from tests.application import now_ms
from tests.inprocess import in_process
from tests.users.people import Town


def test_email_or_username_in_any_case_with_the_password(town: Town) -> None:
    ann = town.person(username="Annie")
    for name in ("ann@example.com", "ANN@Example.com", "annie", "Annie "):
        assert town.enter(name).user_id == ann.user_id


def test_wrong_unknown_and_no_password_are_told_alike(town: Town) -> None:
    town.person()
    town.person("bob@example.com", password=None)
    told = set()
    for name in ("ann@example.com", "nobody@example.com", "nobody", "bob@example.com", ""):
        with pytest.raises(SignInRefused) as refused:
            town.enter(name, "wrong")
        told.add((refused.value.told, refused.value.description, refused.value.code))
    assert told == {("wrong", "Wrong email or password.", "access_denied")}
    rows = town.rows("fp", "fu")
    assert [row["details"]["check"] for row in rows].count("password.unknown_user") == 3
    assert {row.get("user_name") for row in town.rows("fp")} <= {None, "ann@example.com", "bob@example.com"}


def guess(town: Town, times: int, name: str = "ann@example.com", ip: str = "203.0.113.9") -> list[str]:
    """Wrong passwords one after the other; what was told."""
    told = []
    for _ in range(times):
        with pytest.raises(SignInRefused) as refused:
            town.enter(name, "wrong", ip)
        told.append(refused.value.told)
    return told


@pytest.mark.parametrize("name", ["ann@example.com", "nobody@example.com"])
def test_the_eleventh_guess_is_refused_for_known_and_unknown(town: Town, name: str) -> None:
    town.person()
    assert guess(town, 12, name) == ["wrong"] * 10 + ["too_many"] * 2
    assert len(town.rows("limit_wc")) == 3


def test_a_right_password_during_a_block_is_refused_and_other_addresses_are_not(town: Town) -> None:
    town.person()
    guess(town, 10)
    with pytest.raises(SignInRefused, match="Too many"):
        town.enter("ann@example.com")
    assert town.enter("ann@example.com", ip="203.0.113.10")
    town.house.clock.advance(24 * 3600 + 1)
    assert town.enter("ann@example.com")


def test_guesses_are_forgotten_a_day_after_the_last(town: Town) -> None:
    town.person()
    assert guess(town, 9) == ["wrong"] * 9
    town.house.clock.advance(24 * 3600)
    assert guess(town, 9) == ["wrong"] * 9
    assert town.enter("ann@example.com")


def test_a_right_password_ends_the_count(town: Town) -> None:
    town.person()
    for _ in range(3):
        assert guess(town, 9) == ["wrong"] * 9
        town.enter("ann@example.com")


def test_thirty_guesses_at_once_are_not_more_than_ten(town: Town) -> None:
    town.person()
    check = town.people.password_check

    async def one() -> str:
        try:
            await check.check(town.facts(), "ann@example.com", "wrong")
        except SignInRefused as refusal:
            return refusal.told
        return "in"

    async def all_at_once() -> list[str]:
        return list(await asyncio.gather(*(one() for _ in range(30))))

    told = town.house.run(all_at_once())
    assert told.count("wrong") <= 10
    assert told.count("too_many") == 30 - told.count("wrong")


def test_a_blocked_account_hears_so_only_with_the_right_password(town: Town) -> None:
    town.person(blocked=True)
    assert guess(town, 1) == ["wrong"]
    with pytest.raises(SignInRefused, match="blocked"):
        town.enter("ann@example.com")


def test_a_block_survives_a_restart(tmp_path: Path) -> None:
    with in_process(tmp_path / "data", now_ms()) as house:
        town = Town(house)
        town.person()
        guess(town, 10)
    with in_process(tmp_path / "data", now_ms() + 1_000) as house, pytest.raises(SignInRefused, match="Too many"):
        Town(house).enter("ann@example.com")
