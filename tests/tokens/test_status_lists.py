"""Status lists: which tokens are withdrawn, readable by any API (draft-ietf-oauth-status-list)."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.tokens.families import ACCESS_TOKEN_LIFE_MAX_MS, WITHDRAWN_KEPT_MS
from tests.inprocess import InProcess
from tests.tokens.allowed import ROTATING, Allowed, allowed
from tests.tokens.status_reader import bits_of, claims_of, fetched, status_of, verified

API = "https://api.example/"
OFFLINE = ["openid", "offline_access"]
LISTS = "https://localhost:8443/oauth/status-lists"


def own_token(house: InProcess, client: dict[str, Any]) -> str:
    """An access token of an application itself."""
    proof = {name: client[name] for name in ("client_id", "client_secret")}
    return str(house.token(**proof, audience=API).json()["access_token"])


def published(house: InProcess, **fields: Any) -> Allowed:
    """A person's application, and an API that publishes the status of its tokens."""
    house.api(API, token_status_list=True, allow_offline_access=True, **fields)
    return allowed(house, refresh_token=ROTATING)


@pytest.mark.parametrize("dialect", ["access_token", "rfc9068_profile"])
def test_a_token_names_its_place(house: InProcess, dialect: str) -> None:
    """Draft 6.2: an object of exactly two members."""
    house.api(API, token_status_list=True, token_dialect=dialect)
    place = claims_of(own_token(house, house.client(API)))["status"]
    assert set(place) == {"status_list"}
    assert set(place["status_list"]) == {"idx", "uri"}
    assert place["status_list"]["uri"] == f"{LISTS}/0"
    assert 0 <= place["status_list"]["idx"] < 2**20


def test_without_the_switch_no_token_has_a_place(house: InProcess) -> None:
    house.api(API)
    assert "status" not in claims_of(own_token(house, house.client(API)))


def test_a_list_is_a_signed_jwt_of_its_own_type(house: InProcess) -> None:
    """Draft 5.1; the key is one of the issuer's, and the issuer that of the tokens."""
    house.api(API, token_status_list=True)
    token = own_token(house, house.client(API))
    header, claims = verified(house, fetched(house, f"{LISTS}/0").content)
    now_s = house.clock.now_ms() // 1000
    assert (header["typ"], header["alg"]) == ("statuslist+jwt", "ES256")
    assert claims["iss"] == claims_of(token)["iss"] == house.issuer
    assert claims["sub"] == claims_of(token)["status"]["status_list"]["uri"]
    assert (claims["iat"], claims["exp"], claims["ttl"]) == (now_s, now_s + 600, 30)
    assert claims["status_list"]["aggregation_uri"] == LISTS
    assert status_of(house, token) == 0


def test_an_empty_list_is_small(house: InProcess) -> None:
    answer = fetched(house, f"{LISTS}/0")
    assert len(answer.content) < 1024
    assert bits_of(house, f"{LISTS}/0") == bytes(2**20 // 8)


def test_a_family_has_one_place_for_all_its_tokens(house: InProcess) -> None:
    app = published(house)
    body = app.tokens(OFFLINE, audience=API)
    again = app.refresh(body["refresh_token"]).json()
    other = app.tokens(OFFLINE, audience=API)
    places = [claims_of(one["access_token"])["status"] for one in (body, again, other)]
    assert places[0] == places[1] != places[2]


def test_a_withdrawn_family_marks_all_its_tokens_and_no_others(house: InProcess) -> None:
    app = published(house)
    body, other = (app.tokens(OFFLINE, audience=API) for _ in range(2))
    again = app.refresh(body["refresh_token"]).json()
    tokens = [one["access_token"] for one in (body, again, other)]
    assert [status_of(house, token) for token in tokens] == [0, 0, 0]
    assert app.revoke(again["refresh_token"]).status == 200
    house.clock.advance(0.5)
    assert [status_of(house, token) for token in tokens] == [1, 1, 0]
    assert sum(byte.bit_count() for byte in bits_of(house, f"{LISTS}/0")) == 1


def test_a_reused_refresh_token_marks_what_it_gave(house: InProcess) -> None:
    app = published(house)
    body = app.tokens(OFFLINE, audience=API)
    app.refresh(body["refresh_token"])
    assert app.refresh(body["refresh_token"]).status == 400
    assert status_of(house, body["access_token"]) == 1


def test_a_blocked_person_a_deleted_one_and_a_deleted_application(house: InProcess) -> None:
    app = published(house)
    token = app.tokens(OFFLINE, audience=API)["access_token"]
    house.ask("PATCH", f"users/{app.user.user_id}", {"blocked": True})
    assert status_of(house, token) == 1
    house.ask("DELETE", f"users/{app.user.user_id}")
    other = allowed(house)
    later = other.tokens(OFFLINE, audience=API)["access_token"]
    house.ask("DELETE", f"clients/{other.client_id}")
    house.clock.advance(1)
    assert [status_of(house, one) for one in (token, later)] == [1, 1]


def test_a_place_is_given_to_a_family_that_was_there_before(house: InProcess) -> None:
    """An API that publishes from now on: the next exchange names a place, and the family keeps it."""
    api = house.api(API, allow_offline_access=True)
    app = allowed(house)  # not rotating: an exchange by itself writes nothing
    body = app.tokens(OFFLINE, audience=API)
    app.refresh(body["refresh_token"])
    house.ask("PATCH", f"resource-servers/{api['id']}", {"token_status_list": True})
    one, two = (app.refresh(body["refresh_token"]).json()["access_token"] for _ in range(2))
    assert claims_of(one)["status"] == claims_of(two)["status"]
    assert status_of(house, one) == 0
    app.revoke(body["refresh_token"])
    house.clock.advance(1)
    assert [status_of(house, token) for token in (one, two)] == [1, 1]


def test_a_token_through_the_browser_has_the_place_of_its_family(house: InProcess) -> None:
    house.ask("PATCH", "tenants/settings", {"implicit_and_hybrid_supported": True})
    house.api(API, token_status_list=True)
    app = allowed(house, grant_types=["implicit", "authorization_code"])
    token = app.tokens(audience=API)["access_token"]
    (family,) = app.families()
    place = claims_of(token)["status"]["status_list"]
    assert (place["idx"], place["uri"]) == (family.status_index, f"{LISTS}/{family.status_list}")


@pytest.mark.parametrize(("scope", "kept_ms"), [(OFFLINE, ACCESS_TOKEN_LIFE_MAX_MS), (["openid"], 2_592_000_000)])
def test_a_family_stays_listed_until_its_last_token_is_over(house: InProcess, scope: list[str], kept_ms: int) -> None:
    app = published(house, token_lifetime=2_592_000)
    token = app.tokens(scope, audience=API)["access_token"]
    begun_ms = house.clock.now_ms()
    app.revoke(token)
    (family,) = app.families()
    assert family.purge_at_ms == begun_ms + kept_ms
    house.clock.advance(29 * 86_400)
    house.run(house.worker.storage.forget(house.clock.now_ms()))
    assert status_of(house, token) == 1


def test_a_family_that_no_list_names_is_forgotten_as_before(house: InProcess) -> None:
    app = allowed(house)
    app.revoke(app.tokens(OFFLINE)["refresh_token"])
    (family,) = app.families()
    assert family.purge_at_ms == house.clock.now_ms() + WITHDRAWN_KEPT_MS
