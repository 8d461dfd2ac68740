"""A replaced refresh token works on for a while where the profile says so (FAPI 2 Security Profile 5.3.2.1)."""

from __future__ import annotations

from tests.authorization.asking import check_of
from tests.inprocess import InProcess
from tests.profiles.flow import flow

LEVEL = "fapi2_sp_pkj_mtls"


def test_the_old_one_works_thirty_seconds_later(house: InProcess) -> None:
    """The client's own leeway is 0: the profile's is the least."""
    app = flow(house, LEVEL)
    first = app.tokens()["refresh_token"]
    second = app.refresh(first).json()["refresh_token"]
    house.clock.advance(30)
    assert app.refresh(first).json()["refresh_token"] == second


def test_within_the_while_it_is_replaced_once(house: InProcess) -> None:
    """Were it replaced again, the one before the last would be taken for stolen too early."""
    app = flow(house, LEVEL)
    first = app.tokens()["refresh_token"]
    second = app.refresh(first).json()["refresh_token"]
    for _ in range(2):
        house.clock.advance(20)
        assert "refresh_token" not in app.refresh(second).json()
        assert app.refresh(first).json()["refresh_token"] == second
    house.clock.advance(20)
    third = app.refresh(second).json()["refresh_token"]
    assert third not in (first, second)
    assert app.heard(app.refresh(first)) is not None
    assert check_of(house) == "refresh_token.reused"
