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
