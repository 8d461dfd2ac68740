"""The walk of the profile table: per level the conforming flow passes, and whatever breaks one field is refused."""

from __future__ import annotations

import pytest
from msgspec.structs import fields

from tallystick.profiles import PROFILES, Profile
from tests.application import decoded
from tests.inprocess import InProcess
from tests.profiles.breaches import BREACHES, SHOWN, UNNAMED, Breach
from tests.profiles.flow import Flow, flow


def test_every_field_has_a_row() -> None:
    rows = {*(row.field for row in BREACHES), *(row.field for row in SHOWN), *UNNAMED}
    assert rows == {field.name for field in fields(Profile)}


@pytest.mark.parametrize("level", PROFILES)
def test_the_conforming_flow_passes(house: InProcess, level: str) -> None:
    app = flow(house, level)
    first = app.tokens()
    second = app.refresh(first["refresh_token"]).json()
    for tokens in (first, second):
        confirmation = decoded(tokens["access_token"])[1].get("cnf", {})
        member = {"jkt"} if app.holds_key else {"x5t#S256"}
        assert set(confirmation) == (set() if app.profile.sender_constraint is None else member)
        assert tokens["token_type"] == ("DPoP" if app.holds_key else "Bearer")


@pytest.mark.parametrize("level", PROFILES)
def test_a_token_for_userinfo_alone_is_signed_as_the_profile_has_it(house: InProcess, level: str) -> None:
    """FAPI 2 Security Profile 5.4.1 speaks of every JWT; a token for an API is signed as the API says."""
    app = flow(house, level)
    token = app.redeem(app.code(audience=None)).json()["access_token"]
    assert decoded(token)[0]["alg"] == app.profile.default_signing_alg


@pytest.mark.parametrize("level", PROFILES)
def test_what_breaks_one_field_is_refused_for_that(house: InProcess, level: str) -> None:
    app = flow(house, level)
    outcomes = [(row.field, row.check, _unlike(app, row)) for row in BREACHES]
    assert [one for one in outcomes if one[2] is not None] == []


def _unlike(app: Flow, row: Breach) -> str | None:
    """What the row does instead of what it should; None where it does that."""
    heard = row.breaks(app)
    told = (heard.error, heard.check) if heard is not None else None
    if row.applies(app.profile):
        return None if told == (row.error, row.check) else f"heard {told}"
    return None if told is None or told[1] != row.check else f"refused though the level does not demand it: {told}"


@pytest.mark.parametrize("level", PROFILES)
def test_what_no_request_can_break_is_shown(house: InProcess, level: str) -> None:
    app = flow(house, level)
    rows = [row for row in SHOWN if row.applies(app.profile)]
    assert [row.field for row in rows if not row.holds(app)] == []
