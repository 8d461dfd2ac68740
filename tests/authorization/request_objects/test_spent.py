"""A request object with a ``jti`` is good for one answer: RFC 9101 10.2."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.authorization.pending import PENDING_LIFE_MS
from tallystick.authorization.provenance import Provenance
from tallystick.authorization.request_object import one_time_of
from tallystick.authorization.request_object_walk import LIFE_MS_MAX, SKEW_MS
from tallystick.onetime import LONG_LIFE_MS_MAX, Fence, OneTimeValue, fenced
from tests.authorization.asking import check_of
from tests.authorization.request_objects.signing import Signing, signing
from tests.inprocess import InProcess, MovableClock
from tests.people import PASSWORD, person
from tests.signin import Stop, visitor


def spent(app: Signing, stop: Stop) -> None:
    assert stop.answer["error"] == "invalid_request_object", stop.answer
    assert check_of(app.house) == "request_object.spent"


def test_the_answer_spends_it(house: InProcess) -> None:
    app = signing(house)
    text = app.object(jti="once")
    assert "code" in app.carry(text).answer
    spent(app, app.carry(text))
    assert "code" in app.carry(app.object(jti="again")).answer
    assert "code" in signing(house).answer(jti="once"), "another application's is another"


def test_a_refusal_is_an_answer_and_spends_it(house: InProcess) -> None:
    """As it erases a pushed request: what the application was told is over."""
    app = signing(house)
    cases: tuple[tuple[str, dict[str, Any]], ...] = (
        ("login_required", {"prompt": "none", "max_age": "0"}),
        ("invalid_request", {"prompt": "x"}),
    )
    for error, wrong in cases:
        text = app.object(jti=error, **wrong)
        house.clock.advance(1)
        assert app.carry(text).answer["error"] == error
        spent(app, app.carry(text))
        spent(app, app.carry(app.object(jti=error)))


def test_what_is_only_a_page_spends_nothing(house: InProcess) -> None:
    app = signing(house)
    stop = app.carry(app.object(jti="once", redirect_uri="https://evil.example/"), redirect_uri=None)
    assert (stop.status, stop.location) == (400, "")
    assert "code" in app.answer(jti="once")


def test_without_a_jti_nothing_is_spent(house: InProcess) -> None:
    app = signing(house)
    text = app.object()
    for _ in range(2):
        assert "code" in app.carry(text).answer


def test_whoever_waits_has_spent_nothing(house: InProcess) -> None:
    """Of two browsers at the sign-in page the second one's answer comes too late, though the object is long over."""
    app = signing(house)
    text = app.object(jti="once")
    somebody = person(house, "two@example.org", password=PASSWORD)
    stops = []
    for _ in range(2):
        app_elsewhere = Signing(house, app.client, visitor(house), app.key)
        stop = app_elsewhere.browser.get(f"/authorize?client_id={app.client['client_id']}&request={text}")
        assert stop.path == "/u/login"
        stops.append(stop)
    house.clock.advance(600)
    answers = [stop.press("sign-in", username=somebody.email, password=PASSWORD) for stop in stops]
    assert "code" in answers[0].answer
    spent(app, answers[1])


def test_it_is_remembered_for_as_long_as_anybody_can_show_it() -> None:
    """Whoever came just before its end may be at the sign-in page for a while."""
    value = one_time_of("t", "c", Provenance(signing_alg="ES256", jti="once", expires_at_ms=1_000))
    assert value is not None
    assert value.expires_at_ms == 1_000 + PENDING_LIFE_MS
    assert value.life_ms_max == LONG_LIFE_MS_MAX >= LIFE_MS_MAX + 2 * SKEW_MS + PENDING_LIFE_MS


@pytest.mark.parametrize(("life_ms_max", "closed"), [(600_000, False), (LONG_LIFE_MS_MAX, True)])
def test_after_a_restore_a_value_waits_for_its_own_life(life_ms_max: int, closed: bool) -> None:
    """attacks.md 2: what was spent after the backup must not be good again."""
    clock = MovableClock(10_000_000_000)
    fence = Fence(None, clock, clock.now_ms())  # type: ignore[arg-type]  # nothing is spent here
    clock.advance(601)
    value = OneTimeValue(
        tenant_id="t", purpose="p", subject="s", value="v", expires_at_ms=clock.now_ms(), life_ms_max=life_ms_max
    )
    assert fence.closes(value) is closed


def test_the_fence_stands_until_the_longest_life_is_over(house: InProcess) -> None:
    store, clock = house.worker.storage, MovableClock(10_000_000_000)
    restored = str(clock.now_ms()).encode()
    clock.advance(LONG_LIFE_MS_MAX / 1000 - 1)
    assert isinstance(fenced(store, clock, restored), Fence)
    clock.advance(1)
    assert fenced(store, clock, restored) is store
