"""Pairwise subjects (OpenID Connect Core 8): one name per sector, the same at every door, and none to compare."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tallystick.outbound.guarded import Fetched, GuardedClient
from tests.application import decoded
from tests.inprocess import InProcess
from tests.publisher import Published
from tests.tokens.allowed import CALLBACK, Allowed, allowed

PAIRWISE: dict[str, Any] = {"subject_type": "pairwise"}


def subject(app: Allowed) -> str:
    """The one that every door says."""
    body = app.tokens(["openid", "offline_access"])
    again = app.refresh(body["refresh_token"]).json()
    said = [decoded(token)[1]["sub"] for one in (body, again) for token in (one["id_token"], one["access_token"])]
    said.append(app.userinfo(body["access_token"]).json()["sub"])
    assert len(set(said)) == 1
    return str(said[0])


def test_one_name_per_sector_and_person(house: InProcess) -> None:
    public = allowed(house)
    assert subject(public) == public.user.user_id
    one = allowed(house, public.user, **PAIRWISE)
    same_host = allowed(house, public.user, **PAIRWISE, callbacks=["https://app.example/b", "https://app.example/a"])
    other = allowed(
        house, public.user, **PAIRWISE, callbacks=["https://other.example/", CALLBACK.replace("app", "other")]
    )
    names = [subject(one), app_subject(same_host), app_subject(other)]
    assert names[0] == names[1]
    assert len({*names, public.user.user_id}) == 3
    assert all(len(name) == 43 for name in names)
    assert subject(one) == names[0]


def app_subject(app: Allowed) -> str:
    """Where the redirect URI is another."""
    callback = app.client["callbacks"][0]
    answer = app.redeem(app.code(redirect_uri=callback), redirect_uri=callback)
    return str(decoded(answer.json()["id_token"])[1]["sub"])


@pytest.mark.parametrize(
    ("fields", "is_good"),
    [
        ({}, True),
        ({"callbacks": []}, False),
        ({"callbacks": [CALLBACK, "https://other.example/"]}, False),
        ({"callbacks": ["com.example.app:/callback"], "app_type": "native"}, False),
        ({"sector_identifier_uri": "http://app.example/sector.json"}, False),
    ],
)
def test_a_sector_is_one_host(house: InProcess, fields: dict[str, Any], is_good: bool) -> None:
    body = {"name": "x", "callbacks": [CALLBACK], **PAIRWISE, **fields}
    assert (house.call("POST", "clients", body).status == 201) is is_good


SECTOR = "https://sector.example/uris.json"
OTHER = "https://other.example/callback"


@pytest.fixture
def sector(monkeypatch: pytest.MonkeyPatch) -> Published:
    """What the address of the sector answers."""
    published = Published()
    monkeypatch.setattr(GuardedClient, "get", lambda _client, url, **how: published.get(url, **how))
    return published


def listing(sector: Published, content: Any, status: int = 200) -> None:
    encoded = content if isinstance(content, bytes) else json.dumps(content).encode()
    sector.answers[SECTOR] = Fetched(status=status, content_type="", headers={}, content=encoded)


def test_oidcc_registration_sector_uri(house: InProcess, sector: Published) -> None:
    """One document joins hosts: whoever is listed there knows a person by one name."""
    listing(sector, [CALLBACK, OTHER])
    joined = {**PAIRWISE, "sector_identifier_uri": SECTOR}
    one = allowed(house, **joined)
    other = allowed(house, one.user, **joined, callbacks=[OTHER])
    alone = allowed(house, one.user, **PAIRWISE)
    assert subject(one) == app_subject(other) != subject(alone)
    assert sector.asked == [SECTOR, SECTOR]
    house.ask("PATCH", f"clients/{one.client_id}", {"description": "d"})
    assert len(sector.asked) == 2  # what the document says of is as it was


@pytest.mark.parametrize(
    ("content", "status"),
    [
        ([OTHER], 200),
        ([], 200),
        ([CALLBACK + "/"], 200),
        ({"redirect_uris": [CALLBACK]}, 200),
        ([CALLBACK, 7], 200),
        (b"", 200),
        ([CALLBACK], 404),
        (None, 0),
    ],
)
def test_oidcc_registration_sector_bad(house: InProcess, sector: Published, content: Any, status: int) -> None:
    """A redirect URI that the document does not list (OpenID Connect Registration 5)."""
    if status:
        listing(sector, content, status)
    else:
        sector.fail(SECTOR)
    body = {"name": "x", "callbacks": [CALLBACK], **PAIRWISE, "sector_identifier_uri": SECTOR}
    answer = house.call("POST", "clients", body)
    assert (answer.status, answer.json()["errorCode"]) == (400, "invalid_body")
    assert "sector_identifier_uri" in answer.json()["message"]


def test_a_redirect_uri_joins_a_sector_only_when_its_document_lists_it(house: InProcess, sector: Published) -> None:
    listing(sector, [CALLBACK])
    app = allowed(house, **PAIRWISE, sector_identifier_uri=SECTOR)
    path = f"clients/{app.client_id}"
    assert house.call("PATCH", path, {"callbacks": [CALLBACK, OTHER]}).status == 400
    listing(sector, [CALLBACK, OTHER])
    assert house.call("PATCH", path, {"callbacks": [CALLBACK, OTHER]}).status == 200


def test_an_update_keeps_the_sector_one(house: InProcess) -> None:
    app = allowed(house, **PAIRWISE)
    path = f"clients/{app.client_id}"
    assert house.call("PATCH", path, {"callbacks": [CALLBACK, "https://other.example/"]}).status == 400
    assert (
        house.call("PATCH", path, {"subject_type": None, "callbacks": [CALLBACK, "https://b.example/"]}).status == 200
    )


def test_discovery_names_both(house: InProcess) -> None:
    document = house.request("GET", "/.well-known/openid-configuration").json()
    assert document["subject_types_supported"] == ["public", "pairwise"]
