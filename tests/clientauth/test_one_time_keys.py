"""What keeps one-time values apart (attacks.md 3, CVE-2026-4325), and what is remembered between requests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tallystick.onetime import OneTimeValue
from tallystick.records import FORGOTTEN, RevisionCache

PARTS = ("tenant_id", "purpose", "subject", "value")
TEXT = st.text(st.characters() | st.sampled_from("\0|:/\ud800\udfff"), max_size=6)
FOUR = st.tuples(TEXT, TEXT, TEXT, TEXT)


def key_of(parts: tuple[str, ...], expires_at_ms: int = 0) -> bytes:
    named: dict[str, Any] = dict(zip(PARTS, parts, strict=True))
    return OneTimeValue(**named, expires_at_ms=expires_at_ms).key()


@given(FOUR, FOUR)
@example(("t", "p", "ab", "c"), ("t", "p", "a", "bc"))
@example(("t", "p", "a", "\0b"), ("t", "p", "a\0", "b"))
@example(("t", "p", "s", "\ud800"), ("t", "p", "s", "\udfff"))
@example(("t", "p", "s", "\ud800"), ("t", "p", "s", "?"))
@example(("", "", "", "x"), ("", "", "x", ""))
def test_a3_two_values_have_one_key_only_when_all_four_parts_are_equal(
    one: tuple[str, ...], other: tuple[str, ...]
) -> None:
    assert (key_of(one) == key_of(other)) == (one == other)
    assert len(key_of(one)) == 32


@given(FOUR, st.integers(0, 2), st.integers(1, 6))
def test_a3_a_character_that_slides_into_the_next_part_makes_another_key(
    parts: tuple[str, ...], first: int, moved: int
) -> None:
    joined = parts[first] + parts[first + 1]
    cut = (len(parts[first]) + moved) % (len(joined) + 1)
    slid = (*parts[:first], joined[:cut], joined[cut:], *parts[first + 2 :])
    assert (key_of(slid) == key_of(parts)) == (slid == parts)


@pytest.mark.parametrize("part", PARTS)
def test_a3_every_part_counts(part: str) -> None:
    parts: dict[str, Any] = dict.fromkeys(PARTS, "same")
    one = OneTimeValue(**parts, expires_at_ms=0)
    assert OneTimeValue(**{**parts, part: "other"}, expires_at_ms=0).key() != one.key()


def test_a4_the_key_is_the_same_in_every_release() -> None:
    """Rolling upgrades: a node of the old release must know what one of the new has spent (keycloak#50193)."""
    key = key_of(("tenant", "client_assertion", "client", "jti"))
    assert key.hex() == "354f3827ec4fa5441da41d3f07f183dc2749ebf7fb0b6a655c838df080bfa8b5"
    # When it passes is no part of it.
    assert key_of(("a", "b", "c", "d"), 1) == key_of(("a", "b", "c", "d"), 2)


class Known:
    """Implements `records.Revisions`."""

    def __init__(self) -> None:
        self.revision: int | None = 1

    def known(self, _tenant_id: str) -> int | None:
        """As the test says."""
        return self.revision


def counted(cache: RevisionCache[int], known: Known, key: str = "k", tenant_id: str = "t") -> Callable[[], int]:
    """Ask the cache; every load answers a new number."""
    loads = iter(range(1, 100))

    async def load() -> int:
        return next(loads)

    def ask() -> int:
        return asyncio.run(cache.get(tenant_id, key, load))

    return ask


def test_what_is_remembered_holds_until_the_revision_moves() -> None:
    known = Known()
    cache: RevisionCache[int] = RevisionCache(known)
    ask = counted(cache, known)
    assert cache.remembered("t", "k") is FORGOTTEN
    assert [ask(), ask(), cache.remembered("t", "k")] == [1, 1, 1]
    known.revision = 2
    assert cache.remembered("t", "k") is FORGOTTEN
    assert [ask(), ask()] == [2, 2]
    for other in (("t", "K"), ("T", "k"), ("", "k"), ("t", "")):
        assert cache.remembered(*other) is FORGOTTEN


def test_nothing_remembered_is_used_while_the_database_is_silent() -> None:
    known = Known()
    cache: RevisionCache[int] = RevisionCache(known)
    ask = counted(cache, known)
    assert ask() == 1
    known.revision = None
    assert cache.remembered("t", "k") is FORGOTTEN
    assert [ask(), ask()] == [2, 3]  # read anew each time, and not kept
    assert cache.remembered("t", "k") is FORGOTTEN
    known.revision = 1
    assert ask() == 1  # nothing has changed meanwhile: the revision says so


def test_nothing_loaded_while_the_database_was_silent_is_kept() -> None:
    known = Known()
    known.revision = None
    cache: RevisionCache[int] = RevisionCache(known)
    ask = counted(cache, known)
    assert ask() == 1
    assert cache.remembered("t", "k") is FORGOTTEN
    known.revision = 1
    assert ask() == 2


def test_a_change_during_the_load_is_not_missed() -> None:
    known = Known()
    cache: RevisionCache[str] = RevisionCache(known)

    def loading(value: str, then: int) -> Callable[[], Awaitable[str]]:
        async def load() -> str:
            known.revision = then  # another worker commits after the row was read
            return value

        return load

    assert asyncio.run(cache.get("t", "k", loading("old", 2))) == "old"
    assert cache.remembered("t", "k") is FORGOTTEN
    assert asyncio.run(cache.get("t", "k", loading("new", 2))) == "new"
    assert cache.remembered("t", "k") == "new"


def test_that_there_is_nothing_is_remembered_too() -> None:
    known = Known()
    cache: RevisionCache[None] = RevisionCache(known)

    async def load() -> None:
        return None

    asyncio.run(cache.get("t", "k", load))
    assert cache.remembered("t", "k") is None


def test_it_does_not_grow_without_bound() -> None:
    known = Known()
    cache: RevisionCache[int] = RevisionCache(known, entries_max=3)
    for number in range(10):
        counted(cache, known, str(number))()
    assert [cache.remembered("t", str(number)) is FORGOTTEN for number in range(10)] == [True] * 7 + [False] * 3
