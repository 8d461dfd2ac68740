"""Pairwise subjects (OpenID Connect Core 8): one name per sector, the same at every door, and none to compare."""

from __future__ import annotations

from typing import Any

import pytest

from tests.application import decoded
from tests.inprocess import InProcess
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
        ({"sector_identifier_uri": "https://app.example/sector.json"}, True),
        ({"sector_identifier_uri": "https://bank.example/sector.json"}, False),
        ({"sector_identifier_uri": "http://app.example/sector.json"}, False),
        (
            {
                "sector_identifier_uri": "https://app.example/sector.json",
                "callbacks": [CALLBACK, "https://other.example/"],
            },
            False,
        ),
    ],
)
def test_a_sector_is_one_host(house: InProcess, fields: dict[str, Any], is_good: bool) -> None:
    body = {"name": "x", "callbacks": [CALLBACK], **PAIRWISE, **fields}
    assert (house.call("POST", "clients", body).status == 201) is is_good


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
