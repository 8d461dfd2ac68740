"""Nonces without storage (RFC 9449 8): what one node hands out every other takes, for its realm and its time alone."""

from __future__ import annotations

import re

import pytest

from tallystick.sender.nonces import KEY_BYTES_MIN, STEP_MS, STEPS_MAX, Nonces

NOW_MS = 1_700_000_000_000
START_MS = NOW_MS - NOW_MS % STEP_MS
"""When a step begins."""
HERE = Nonces(bytes(range(32)))
THERE = Nonces(bytes(range(32)))
"""Another node with the same master key."""
STRANGER = Nonces(bytes(32))


def test_d29_of_another_node_it_is_good() -> None:
    nonce = THERE.current("tenant", NOW_MS)
    assert HERE.is_fresh(nonce, "tenant", NOW_MS)
    assert HERE.is_current(nonce, "tenant", NOW_MS)


def test_d29_of_another_tenant_or_another_deployment_it_is_not() -> None:
    for nonce in (HERE.current("other", NOW_MS), HERE.current("", NOW_MS), STRANGER.current("tenant", NOW_MS)):
        assert not HERE.is_fresh(nonce, "tenant", NOW_MS)
        assert not HERE.is_current(nonce, "tenant", NOW_MS)


def test_it_may_stand_in_a_header() -> None:
    """RFC 9449 8.1: nonce = 1*NQCHAR."""
    assert re.fullmatch(r"[A-Za-z0-9_-]{27}", HERE.current("tenant", NOW_MS))


def test_it_is_one_for_a_step_and_another_afterwards() -> None:
    first = HERE.current("tenant", START_MS)
    assert HERE.current("tenant", START_MS + STEP_MS - 1) == first
    assert HERE.current("tenant", START_MS + STEP_MS) != first
    assert HERE.is_current(first, "tenant", START_MS + STEP_MS - 1)
    assert not HERE.is_current(first, "tenant", START_MS + STEP_MS)


def test_d29_an_old_one_is_over() -> None:
    nonce, last_ms = HERE.current("tenant", START_MS), START_MS + (STEPS_MAX + 1) * STEP_MS
    assert HERE.is_fresh(nonce, "tenant", last_ms - 1)
    assert not HERE.is_fresh(nonce, "tenant", last_ms)


def test_a_node_ahead_by_a_step_is_believed_and_no_more() -> None:
    nonce = THERE.current("tenant", START_MS)
    assert HERE.is_fresh(nonce, "tenant", START_MS - STEP_MS)
    assert not HERE.is_fresh(nonce, "tenant", START_MS - STEP_MS - 1)


def test_nobody_makes_one() -> None:
    good = HERE.current("tenant", NOW_MS)
    ahead = HERE.current("tenant", NOW_MS + STEP_MS)
    made = [good[:at] + ("A" if good[at] != "A" else "B") + good[at + 1 :] for at in range(len(good))]
    others = ["", "x", good + "A", good[:-1], good + "=", good.swapcase(), ahead[:6] + good[6:], "é" * 27, "+" * 27]
    for wrong in (*made, *others):
        assert not HERE.is_fresh(wrong, "tenant", NOW_MS), wrong
        assert not HERE.is_current(wrong, "tenant", NOW_MS), wrong


def test_a_key_that_could_be_guessed_is_refused() -> None:
    Nonces(bytes(KEY_BYTES_MIN))
    with pytest.raises(ValueError, match="32 bytes"):
        Nonces(bytes(KEY_BYTES_MIN - 1))
