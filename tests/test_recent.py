"""What is remembered is bounded, and what was kept longest ago goes first."""

from __future__ import annotations

from tallystick.recent import Recent


def test_the_oldest_entry_makes_room() -> None:
    recent: Recent[str, int] = Recent(2)
    for name, value in (("a", 1), ("b", 2), ("c", 3)):
        recent.keep(name, value)
    assert recent == {"b": 2, "c": 3}


def test_an_entry_that_is_kept_again_is_the_newest_and_costs_no_other() -> None:
    recent: Recent[str, int] = Recent(2)
    for name, value in (("a", 1), ("b", 2), ("a", 3)):
        recent.keep(name, value)
    assert recent == {"a": 3, "b": 2}
    recent.keep("c", 4)
    assert recent == {"a": 3, "c": 4}


def test_a_large_entry_makes_as_much_room_as_it_takes() -> None:
    recent: Recent[str, int] = Recent(4)
    for name, weight in (("a", 1), ("b", 1), ("c", 2), ("d", 3)):
        recent.keep(name, 0, weight)
    assert list(recent) == ["d"]
    recent.keep("d", 1, 1)
    recent.keep("e", 0, 3)
    assert recent == {"d": 1, "e": 0}
    # More than there is room for is kept alone.
    recent.keep("f", 0, 9)
    assert list(recent) == ["f"]
