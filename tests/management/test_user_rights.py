"""Which scopes let a program at people, and what a message to them takes."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.inprocess import Answered, InProcess
from tests.signin import visitor
from tests.ui.mails import mails, newest
from tests.users.people import PASSWORD

from .test_openapi import ROUTES

CONNECTION = "Username-Password-Authentication"
MEMBERS = {"read": "read:role_members", "give": "create:role_members", "take": "delete:role_members"}

RIGHTS = {
    "GET /users": {"read:users"},
    "POST /users": {"create:users"},
    "GET /users/{id}": {"read:users"},
    "PATCH /users/{id}": {"update:users", "update:users_app_metadata"},
    "DELETE /users/{id}": {"delete:users"},
    "GET /users-by-email": {"read:users"},
    "GET /users/{id}/logs": {"read:logs", "read:logs_users"},
    "GET /users/{id}/roles": {"read:users", "read:roles", MEMBERS["read"]},
    "POST /users/{id}/roles": {"update:users", MEMBERS["give"]},
    "DELETE /users/{id}/roles": {"update:users", MEMBERS["take"]},
    "GET /users/{id}/permissions": {"read:users"},
    "POST /users/{id}/permissions": {"update:users"},
    "DELETE /users/{id}/permissions": {"update:users"},
    "GET /roles": {"read:roles"},
    "POST /roles": {"create:roles"},
    "GET /roles/{id}": {"read:roles"},
    "PATCH /roles/{id}": {"update:roles"},
    "DELETE /roles/{id}": {"delete:roles"},
    "GET /roles/{id}/permissions": {"read:roles"},
    "POST /roles/{id}/permissions": {"update:roles"},
    "DELETE /roles/{id}/permissions": {"update:roles"},
    "GET /roles/{id}/users": {"read:users", "read:roles", MEMBERS["read"]},
    "POST /roles/{id}/users": {"update:roles", MEMBERS["give"]},
    "GET /user-blocks": {"read:users"},
    "GET /user-blocks/{id}": {"read:users"},
    "DELETE /user-blocks": {"update:users"},
    "DELETE /user-blocks/{id}": {"update:users"},
}
"""Call → the scopes one of which it takes: Auth0's (auth0.md 4.9). That they are asked for, `test_every_route` sees."""


def test_each_call_takes_the_scopes_that_auth0_names() -> None:
    rooms = ("/users", "/users-by-email", "/roles", "/user-blocks")
    others = ("sessions", "refresh-tokens", "authentication-methods", "enrollments", "revoke-access", "multifactor")
    offered = {
        f"{route.method} {route.path}": set(route.scopes)
        for route in ROUTES
        if f"/{route.path.split('/')[1]}" in rooms and not set(route.path.split("/")) & {*others, "authenticators"}
    }
    assert {call: offered.get(call) for call in RIGHTS} == RIGHTS
    assert set(offered) - set(RIGHTS) == set(), "a new call needs its scopes here"


def made(house: InProcess, **more: Any) -> dict[str, Any]:
    return house.made("POST", "users", {"connection": CONNECTION, "email": "ann@example.com", **more})


def one(user: dict[str, Any]) -> str:
    return "users/" + quote(user["user_id"], safe="")


def test_app_metadata_alone_is_what_its_scope_changes(house: InProcess) -> None:
    ann, audience = made(house), house.bootstrap["management"]["audience"]
    client = house.client(audience, ["update:users_app_metadata"])
    proof = {name: client[name] for name in ("client_id", "client_secret")}
    token = house.token(**proof, audience=audience).json()["access_token"]

    def change(**members: Any) -> Answered:
        return house.call("PATCH", one(ann), members, token)

    assert change(app_metadata={"plan": "gold"}).status == 200
    others: tuple[dict[str, Any], ...] = (
        *({"blocked": True}, {"email": "eve@example.com"}),
        *({"password": PASSWORD}, {"user_metadata": {}}),
    )
    for more in others:
        refused = change(app_metadata={"plan": "lead"}, **more)
        assert (refused.status, refused.json()["errorCode"]) == (403, "insufficient_scope"), more
    now = house.ask("GET", one(ann))
    assert (now["app_metadata"], now["email"], now.get("blocked")) == ({"plan": "gold"}, "ann@example.com", None)


@pytest.mark.parametrize(
    ("members", "is_mailed"),
    [
        ({"verify_email": True}, True),
        ({"verify_email": False}, False),
        ({}, False),
        ({"verify_email": True, "email_verified": True}, False),
    ],
)
def test_an_account_is_made_and_asked_to_prove_its_address(
    house: InProcess, members: dict[str, Any], is_mailed: bool
) -> None:
    ann = made(house, **members)
    assert [mail.to for mail in mails(house)] == ["ann@example.com"] * is_mailed
    assert "verify_email" not in house.ask("GET", one(ann))
    types = [row["type"] for row in house.ask("GET", f"{one(ann)}/logs")]
    assert ("svr" in types) == is_mailed


def test_the_mailed_link_proves_the_address_that_stands_when_it_is_opened(house: InProcess) -> None:
    ann = made(house)
    house.ask("PATCH", one(ann), {"email": "new@example.com", "verify_email": True})
    first = newest(house, [])
    assert first.to == "new@example.com"
    seen = mails(house)
    job = house.ask("POST", "jobs/verification-email", {"user_id": ann["user_id"]})
    assert job["status"] == "completed"
    second = newest(house, seen)
    assert second.to == "new@example.com"
    assert house.ask("GET", one(ann))["email_verified"] is False
    assert visitor(house).get(second.link).press("verify").status == 200
    assert house.ask("GET", one(ann))["email_verified"] is True
