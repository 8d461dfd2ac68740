"""Roles and permissions: who has them, how many there may be, and what goes when they go."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tallystick.users import roles as module
from tallystick.users.role import Role, RoleMember
from tallystick.users.roles import without_permissions
from tests.inprocess import InProcess
from tests.users.people import Town

ORDERS, STOCK = "https://orders.example/", "https://stock.example/"


def permission(name: str, audience: str = ORDERS) -> dict[str, str]:
    return {"resource_server_identifier": audience, "permission_name": name}


def one(user_id: str) -> str:
    return "users/" + quote(user_id, safe="")


@pytest.fixture
def town(house: InProcess) -> Town:
    """Ann and Bob, and two APIs."""
    town = Town(house)
    for audience in (ORDERS, STOCK):
        house.api(audience)
    for name in ("ann", "bob"):
        town.person(f"{name}@example.com", user_id=name, password=None, app_metadata={"note": "private"})
    return town


def role(house: InProcess, name: str, *permissions: dict[str, str]) -> str:
    made = house.ask("POST", "roles", {"name": name})
    if permissions:
        house.ask("POST", f"roles/{made['id']}/permissions", {"permissions": list(permissions)})
    return str(made["id"])


def may(town: Town, user_id: str = "auth0|ann", audience: str = ORDERS) -> set[str]:
    return set(town.house.run(town.people.permissions.of(town.tenant, user_id, audience)))


def test_a_permission_is_of_one_person_at_one_api(town: Town) -> None:
    house = town.house
    clerk = role(house, "Clerk", permission("read"), permission("write", STOCK))
    house.ask("POST", f"{one('auth0|ann')}/roles", {"roles": [clerk]})
    house.ask("POST", f"{one('auth0|bob')}/permissions", {"permissions": [permission("write")]})
    house.ask("POST", f"{one('auth0|ann')}/permissions", {"permissions": [permission("read", STOCK)]})
    assert (may(town), may(town, audience=STOCK)) == ({"read"}, {"read", "write"})
    assert (may(town, "auth0|bob"), may(town, "auth0|bob", STOCK)) == ({"write"}, set())
    assert may(town, audience="https://nothing.example/") == set()


def test_what_is_taken_from_one_is_left_to_others(town: Town) -> None:
    house, both = town.house, ("auth0|ann", "auth0|bob")
    clerk = role(house, "Clerk", permission("read"))
    house.ask("POST", f"roles/{clerk}/users", {"users": list(both)})
    for user_id in both:
        house.ask("POST", f"{one(user_id)}/permissions", {"permissions": [permission("write")]})
    house.ask("DELETE", f"{one('auth0|ann')}/roles", {"roles": [clerk]})
    house.ask("DELETE", f"{one('auth0|ann')}/permissions", {"permissions": [permission("write")]})
    assert [may(town, user_id) for user_id in both] == [set(), {"read", "write"}]
    members = house.ask("GET", f"roles/{clerk}/users")
    assert [set(member) <= {"user_id", "email", "name", "picture"} for member in members] == [True]
    house.ask("DELETE", f"roles/{clerk}/permissions", {"permissions": [permission("read")]})
    assert may(town, "auth0|bob") == {"write"}


def test_a_role_that_is_deleted_and_made_again_has_nobody(town: Town) -> None:
    house = town.house
    clerk = role(house, "Clerk", permission("read"))
    house.ask("POST", f"roles/{clerk}/users", {"users": ["auth0|ann"]})
    assert house.call("POST", "roles", {"name": "Clerk"}).status == 409
    house.ask("DELETE", f"roles/{clerk}")
    again = role(house, "Clerk", permission("read"))
    assert (house.ask("GET", f"roles/{again}/users"), may(town)) == ([], set())
    where = {"role_id": clerk}
    assert house.run(town.worker.storage.count(RoleMember, town.tenant.tenant_id, where=where)) == 0
    other = role(house, "Other")
    assert house.call("PATCH", f"roles/{other}", {"name": "Clerk"}).status == 409


def test_given_twice_it_is_held_once(town: Town) -> None:
    house, clerk = town.house, role(town.house, "Clerk", permission("read"))
    for _ in range(2):
        house.ask("POST", f"{one('auth0|ann')}/roles", {"roles": [clerk, clerk]})
        house.ask("POST", f"{one('auth0|ann')}/permissions", {"permissions": [permission("read"), permission("read")]})
        house.ask("POST", f"roles/{clerk}/permissions", {"permissions": [permission("read")]})
    assert len(house.ask("GET", f"{one('auth0|ann')}/roles")) == 1
    (held,) = house.ask("GET", f"{one('auth0|ann')}/permissions")
    assert [source["source_type"] for source in held["sources"]] == ["DIRECT", "ROLE"]
    assert len(house.ask("GET", f"roles/{clerk}/permissions")) == 1


def test_bounds(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    house, two = town.house, [permission("read"), permission("write")]
    for name in ("ROLES_MAX", "ROLES_PER_USER_MAX", "PERMISSIONS_MAX"):
        monkeypatch.setattr(module, name, 2 if name == "ROLES_MAX" else 1)
    ids = [role(house, name) for name in ("a", "b")]
    calls: list[tuple[str, dict[str, Any]]] = [
        ("roles", {"name": "c"}),
        (f"{one('auth0|ann')}/roles", {"roles": ids}),
        (f"{one('auth0|ann')}/permissions", {"permissions": two}),
        (f"roles/{ids[0]}/permissions", {"permissions": two}),
    ]
    for path, body in calls:
        refused = house.call("POST", path, body)
        assert (refused.status, refused.json()["errorCode"]) == (409, "too_many_entities"), path


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("users/auth0%7Cann/roles", {"roles": ["rol_nothing"]}),
        ("users/auth0%7Cnobody/roles", {"roles": ["rol_nothing"]}),
        ("users/auth0%7Cnobody/permissions", {"permissions": [permission("read")]}),
        ("users/auth0%7Cann/permissions", {"permissions": [permission("read", "https://nothing.example/")]}),
        ("roles/rol_nothing/users", {"users": ["auth0|ann"]}),
        ("roles/rol_nothing/permissions", {"permissions": [permission("read")]}),
    ],
)
def test_what_there_is_not_is_given_to_nobody(town: Town, path: str, body: dict[str, Any]) -> None:
    assert town.house.call("POST", path, body).status == 404


def test_an_api_that_defines_less_takes_its_own_permissions_alone() -> None:
    held = [permission("read"), permission("write"), permission("write", STOCK)]
    clerk = Role(
        tenant_id="t", id="r", name="Clerk", description="", permissions=held, created_at_ms=1, updated_at_ms=1
    )
    (changed,) = without_permissions([clerk], ORDERS, frozenset({"read"}))
    assert isinstance(changed, Role)
    assert changed.permissions == [held[0], held[2]]
    assert without_permissions([clerk], ORDERS, frozenset({"read", "write"})) == []


def test_people_and_the_log_of_one_of_them_are_filtered(town: Town) -> None:
    house = town.house
    house.ask("PATCH", one("auth0|ann"), {"given_name": "Ann"})
    rows = house.ask("GET", f"{one('auth0|ann')}/logs")
    assert rows
    assert {row["user_id"] for row in rows} == {"auth0|ann"}
    assert len(house.ask("GET", "users?connection=Username-Password-Authentication")) == 2
    assert house.ask("GET", "users?connection=administrators") == []
