"""Pending authorizations: one browser's, for an hour, once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tallystick.authorization.pending import PENDING_LIFE_MS, PendingAuthorization
from tallystick.authorization.pendings import Pendings
from tallystick.authorization.progress import Progress, progress_of
from tallystick.errors import OAuthError
from tallystick.handles import new_handle
from tests.inprocess import InProcess

MINE = new_handle()
PARAMETERS = {"client_id": "app", "state": "s"}


def pendings_of(house: InProcess) -> Pendings:
    return Pendings(house.worker.storage, house.worker.handles)


def begun(house: InProcess, browser: str | None = MINE) -> PendingAuthorization:
    work = pendings_of(house).begin(house.tenant, browser, "app", PARAMETERS, house.clock.now_ms())
    return house.run(work)


def found(house: InProcess, pending_id: str, browser: str | None = MINE) -> PendingAuthorization:
    return house.run(pendings_of(house).of(house.tenant, pending_id, browser, house.clock.now_ms()))


def check_of(house: InProcess, pending_id: str, browser: str | None = MINE) -> str:
    with pytest.raises(OAuthError) as refused:
        found(house, pending_id, browser)
    assert refused.value.code == "invalid_request"
    return refused.value.check


def test_a_pending_is_its_browsers_alone(house: InProcess) -> None:
    pending = begun(house)
    assert found(house, pending.id) == pending
    assert check_of(house, pending.id, new_handle()) == "pending.browser"
    assert check_of(house, pending.id, None) == "pending.browser"
    assert check_of(house, pending.id[:-1]) == "pending.unknown"
    assert check_of(house, "") == "pending.unknown"


def test_a_pending_lives_an_hour(house: InProcess) -> None:
    pending = begun(house)
    house.clock.advance(PENDING_LIFE_MS / 1000 - 1)
    assert found(house, pending.id) == pending
    house.clock.advance(1)
    assert check_of(house, pending.id) == "pending.expired"


def test_no_browser_value_is_in_the_database(house: InProcess, tmp_path: Path) -> None:
    begun(house)
    files = [path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert not any(MINE.encode() in content for content in files)


def test_the_first_browser_to_go_on_claims_what_came_by_post(house: InProcess) -> None:
    pendings, pending = pendings_of(house), begun(house, None)
    assert check_of(house, pending.id) == "pending.browser"
    now_ms = house.clock.now_ms()
    assert house.run(pendings.claimed(house.tenant, pending.id, MINE, now_ms)).id == pending.id
    with pytest.raises(OAuthError, match="another browser") as refused:
        house.run(pendings.claimed(house.tenant, pending.id, new_handle(), now_ms))
    assert refused.value.check == "pending.browser"


def test_progress_is_kept_whoever_wrote_meanwhile(house: InProcess) -> None:
    pendings, pending = pendings_of(house), begun(house)
    now_ms = house.clock.now_ms()
    house.run(pendings.advance(pending, now_ms, chosen_user_id="auth0|1"))
    house.run(pendings.advance(pending, now_ms, user_id="auth0|1", amr=["pwd"]))  # decided on what is old by now
    stored = found(house, pending.id)
    assert progress_of(stored) == Progress(chosen_user_id="auth0|1", amr=["pwd"])
    assert stored.user_id == "auth0|1"


def test_whoever_signs_in_anew_has_agreed_to_nothing_yet(house: InProcess) -> None:
    pendings, pending = pendings_of(house), begun(house)
    now_ms = house.clock.now_ms()
    pending = house.run(pendings.advance(pending, now_ms, consented_user_id="auth0|1", refused="access_denied"))
    pending = house.run(pendings.advance(pending, now_ms, signed_in_at_ms=now_ms))
    assert progress_of(pending) == Progress(signed_in_at_ms=now_ms)


def test_what_ended_is_over(house: InProcess) -> None:
    pendings, pending = pendings_of(house), begun(house)
    house.run(pendings.end(pending))
    house.run(pendings.end(pending))
    assert check_of(house, pending.id) == "pending.unknown"
    with pytest.raises(OAuthError):
        house.run(pendings.advance(pending, house.clock.now_ms(), consented_user_id="auth0|1"))
