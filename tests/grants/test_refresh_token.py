"""``refresh_token``: rotation, reuse, lifetimes, scopes, and to whom a token belongs (RFC 6749 6, RFC 9700 4.14)."""

from __future__ import annotations

from time import process_time
from typing import Any

import pytest
from msgspec.structs import replace

from tests.application import decoded
from tests.grants.test_authorization_code import changed, refused
from tests.inprocess import InProcess
from tests.tokens.allowed import PUBLIC, ROTATING, Allowed, allowed

OFFLINE = ["openid", "profile", "offline_access"]


def started(house: InProcess, **fields: Any) -> tuple[Allowed, str]:
    app = allowed(house, **fields)
    return app, str(app.tokens(OFFLINE)["refresh_token"])


def exchanged(app: Allowed, token: str, **form: Any) -> dict[str, Any]:
    answer = app.refresh(token, **form)
    assert answer.status == 200, answer
    body: dict[str, Any] = answer.json()
    return body


def test_a_confidential_clients_token_stays_the_same(house: InProcess) -> None:
    app, token = started(house)
    assert not token.startswith("v1.")
    for _ in range(3):
        house.clock.advance(3600)
        assert set(exchanged(app, token)) == {"access_token", "token_type", "expires_in", "id_token", "scope"}


def test_the_new_id_token_tells_of_the_old_sign_in(house: InProcess) -> None:
    """OpenID Connect Core 12.2: same iss, sub, aud and auth_time, a new iat, and no nonce."""
    app = allowed(house)
    body = app.tokens(OFFLINE, nonce="n")
    first = decoded(body["id_token"])[1]
    assert first["nonce"] == "n"
    house.clock.advance(500)
    second = decoded(exchanged(app, body["refresh_token"])["id_token"])[1]
    assert {**second, "iat": 0, "exp": 0, "at_hash": ""} == {
        name: value for name, value in {**first, "iat": 0, "exp": 0, "at_hash": ""}.items() if name != "nonce"
    }
    assert second["iat"] == first["iat"] + 500


@pytest.mark.parametrize("fields", [{"refresh_token": ROTATING}, PUBLIC], ids=["rotating", "public"])
def test_a_rotating_token_is_replaced_and_its_reuse_ends_the_family(house: InProcess, fields: dict[str, Any]) -> None:
    app, first = started(house, **fields)
    assert first.startswith("v1.")
    second = exchanged(app, first)
    third = exchanged(app, second["refresh_token"])
    assert len({first, second["refresh_token"], third["refresh_token"]}) == 3
    assert refused(app.refresh(first), house) == "refresh_token.reused"
    assert house.ask("GET", "logs")[0]["type"] == "ferrt"
    assert refused(app.refresh(third["refresh_token"]), house) == "refresh_token.withdrawn"
    assert app.userinfo(third["access_token"]).status == 401


def test_within_the_leeway_the_answer_is_told_again(house: InProcess) -> None:
    app, first = started(house, refresh_token={**ROTATING, "leeway": 60})
    second = exchanged(app, first)["refresh_token"]
    house.clock.advance(59)
    assert exchanged(app, first)["refresh_token"] == second
    third = exchanged(app, second)["refresh_token"]
    # Only the one immediately before the living one.
    assert refused(app.refresh(first), house) == "refresh_token.reused"
    assert refused(app.refresh(third), house) == "refresh_token.withdrawn"


def test_without_leeway_reuse_is_an_alarm_also_where_the_clock_says_that_it_came_first(house: InProcess) -> None:
    """RFC 9700 4.14.2: of two requests at once, or on two nodes, the later one may have the earlier time."""
    app, first = started(house, refresh_token=ROTATING)
    second = exchanged(app, first)["refresh_token"]
    house.clock.advance(-0.001)
    assert refused(app.refresh(first), house) == "refresh_token.reused"
    assert refused(app.refresh(second), house) == "refresh_token.withdrawn"


def test_after_the_leeway_reuse_is_an_alarm(house: InProcess) -> None:
    app, first = started(house, refresh_token={**ROTATING, "leeway": 60})
    exchanged(app, first)
    house.clock.advance(60)
    assert refused(app.refresh(first), house) == "refresh_token.reused"


def test_absolute_life_is_fixed_and_idle_life_renewed(house: InProcess) -> None:
    lives = {**ROTATING, "rotation_type": "non-rotating", "token_lifetime": 1000, "idle_token_lifetime": 400}
    app, token = started(house, refresh_token=lives)
    for _ in range(2):
        house.clock.advance(399)
        exchanged(app, token)
    house.clock.advance(201)
    exchanged(app, token)
    house.clock.advance(1)
    assert refused(app.refresh(token), house) == "refresh_token.expired"
    idle = str(app.tokens(OFFLINE)["refresh_token"])
    house.clock.advance(400)
    assert refused(app.refresh(idle), house) == "refresh_token.expired"


def test_a_token_that_does_not_expire_outlives_its_session_and_its_row_is_kept(house: InProcess) -> None:
    app, token = started(house)
    changed(app, "session")
    house.clock.advance(3 * 366 * 86_400)
    house.run(house.worker.storage.forget(house.clock.now_ms()))
    exchanged(app, token)


def test_settings_of_today_count(house: InProcess) -> None:
    app, token = started(house)
    house.ask("PATCH", f"clients/{app.client_id}", {"refresh_token": ROTATING})
    second = exchanged(app, token)["refresh_token"]
    assert second.startswith("v1.")
    house.ask("PATCH", f"clients/{app.client_id}", {"refresh_token": {**ROTATING, "rotation_type": "non-rotating"}})
    assert [set(exchanged(app, second)) & {"refresh_token"} for _ in range(2)] == [set(), set()]
    assert refused(app.refresh(token), house) == "refresh_token.reused"
    assert refused(app.refresh(second), house) == "refresh_token.withdrawn"


def test_a_scope_may_be_narrowed_and_never_widened(house: InProcess) -> None:
    api = house.api(allow_offline_access=True)
    app = allowed(house)
    scope = ["openid", "read", "offline_access"]
    token = app.tokens(scope, audience=api["identifier"])["refresh_token"]
    narrow = exchanged(app, token, scope="read")
    assert narrow["scope"] == "read"
    assert "id_token" not in narrow
    assert decoded(narrow["access_token"])[1]["aud"] == api["identifier"]
    assert exchanged(app, token)["scope"] == "openid read offline_access"
    # What /authorize dropped SDKs ask for again: it falls away here, too.
    more = exchanged(app, token, scope="read write unknown")
    assert more["scope"] == decoded(more["access_token"])[1]["scope"] == "read"
    for asked in ("write", "write unknown", "read  openid", "read\topenid"):
        answer = app.refresh(token, scope=asked)
        assert (answer.status, answer.json()["error"]) == (400, "invalid_scope")


def test_many_scopes_cost_no_more_than_they_are_long(house: InProcess) -> None:
    """Thousands asked for of a thousand granted once held a worker for half a second."""
    scopes = [f"scope{number}" for number in range(1000)]
    api = house.api(allow_offline_access=True, scopes=[{"value": scope} for scope in scopes])
    app = allowed(house)
    token = app.tokens([*scopes, "offline_access"], audience=api["identifier"])["refresh_token"]
    took_s = []
    for _ in range(3):
        began_s = process_time()
        assert exchanged(app, token, scope="scope0" + " a" * 30_000)["scope"] == "scope0"
        took_s.append(process_time() - began_s)
    assert min(took_s) < 0.15


def test_another_audience_is_not_to_be_had(house: InProcess) -> None:
    api = house.api(allow_offline_access=True)
    app = allowed(house)
    token = app.tokens(OFFLINE, audience=api["identifier"])["refresh_token"]
    exchanged(app, token, audience=api["identifier"])
    answer = app.refresh(token, audience="https://localhost:8443/api/v2/")
    assert (answer.status, answer.json()["error"]) == (400, "invalid_target")


def test_another_clients_token_is_refused_and_goes_on(house: InProcess) -> None:
    """Attack 39; oidcc-refresh-token with two clients."""
    app, token = started(house, refresh_token=ROTATING)
    stranger = allowed(house, app.user, **PUBLIC)
    assert refused(stranger.refresh(token), house) == "refresh_token.client"
    exchanged(app, token)


def test_a_restored_database_takes_the_newest_token_and_no_older_one(house: InProcess) -> None:
    app, first = started(house, refresh_token=ROTATING)
    second = exchanged(app, first)["refresh_token"]
    (before,) = app.families()
    third = exchanged(app, second)["refresh_token"]
    fourth = exchanged(app, third)["refresh_token"]
    (now,) = app.families()
    house.run(house.worker.storage.write(saves=(replace(before, version=now.version),)))
    exchanged(app, fourth)
    assert refused(app.refresh(third), house) == "refresh_token.reused"


@pytest.mark.parametrize("what", ["blocked", "deleted"])
def test_a_person_who_is_gone_gives_nothing(house: InProcess, what: str) -> None:
    app, token = started(house)
    changed(app, what)
    assert refused(app.refresh(token), house) == "refresh_token.user"


def test_without_authentication_a_confidential_client_gets_nothing(house: InProcess) -> None:
    app, token = started(house)
    answer = app.refresh(token, client_secret=None)
    assert (answer.status, answer.json()["error"]) == (401, "invalid_client")


def test_a_missing_token(house: InProcess) -> None:
    answer = allowed(house).refresh("")
    assert (answer.status, answer.json()["error"]) == (400, "invalid_request")


def test_many_exchanges_of_a_token_that_stays_write_once_a_minute(house: InProcess) -> None:
    app, token = started(house)
    versions = []
    for _ in range(4):
        exchanged(app, token)
        versions.append(app.families()[0].version)
    house.clock.advance(60)
    exchanged(app, token)
    assert versions == [2, 2, 2, 2]
    assert app.families()[0].version == 3


def test_a_public_clients_bound_token_stays_and_needs_its_certificate(house: InProcess) -> None:
    """RFC 9700 2.2.2: sender-constrained instead of rotated."""
    app = allowed(house, **PUBLIC)
    certificate, other = (b"certificate",), (b"another",)
    body = app.redeem(app.code(OFFLINE), certificate).json()
    token = body["refresh_token"]
    assert not token.startswith("v1.")
    assert "x5t#S256" in decoded(body["access_token"])[1]["cnf"]
    assert "refresh_token" not in app.refresh(token, certificate).json()
    assert refused(app.refresh(token), house) == "refresh_token.possession"
    assert refused(app.refresh(token, other), house) == "refresh_token.possession"
    assert app.refresh(token, certificate).status == 200


def test_a_confidential_clients_token_is_bound_to_no_certificate(house: InProcess) -> None:
    app = allowed(house)
    token = app.redeem(app.code(OFFLINE), (b"certificate",)).json()["refresh_token"]
    refreshed = app.refresh(token, (b"a renewed one",))
    assert refreshed.status == 200
    assert "cnf" in decoded(refreshed.json()["access_token"])[1]
