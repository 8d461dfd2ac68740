"""``/users``, ``/roles`` and ``/user-blocks`` through the door, as auth0.md 4.9 has them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import bcrypt
import pytest

from tests.inprocess import InProcess
from tests.users.people import PASSWORD, Town

CONNECTION = "Username-Password-Authentication"
API = "https://orders.example/"


@pytest.fixture
def town(house: InProcess) -> Town:
    return Town(house)


def made(house: InProcess, email: str = "ann@example.com", **more: Any) -> dict[str, Any]:
    return house.made("POST", "users", {"connection": CONNECTION, "email": email, **more})


def one(user: dict[str, Any]) -> str:
    """The path of a person, with the ``|`` as SDKs send it."""
    return "users/" + quote(user["user_id"], safe="")


def test_a_person_is_made_read_changed_and_deleted_and_no_answer_has_the_password(house: InProcess) -> None:
    answer = house.call("POST", "users", {"connection": CONNECTION, "email": "Ann@Example.com", "password": PASSWORD})
    assert answer.status == 201
    ann = answer.json()
    assert (ann["email"], ann["name"], ann["nickname"]) == ("ann@example.com", "ann@example.com", "ann")
    assert ann["user_id"].startswith("auth0|")
    assert ann["identities"][0]["provider"] == "auth0"
    metadata = {"user_metadata": {"a": 1, "b": 2}, "given_name": "Ann", "birthdate": "2000-02-29"}
    house.ask("PATCH", one(ann), metadata)
    changed = house.ask("PATCH", one(ann), {"user_metadata": {"b": None, "c": 3}, "password": "another " + PASSWORD})
    assert changed["user_metadata"] == {"a": 1, "c": 3}
    read = house.call("GET", one(ann))
    assert read.json()["given_name"] == "Ann"
    for said in (answer, read, house.call("GET", "users"), house.call("GET", "logs")):
        assert PASSWORD.encode() not in said.content
        assert b"argon2" not in said.content
    assert house.call("GET", "users-by-email?email=ANN@example.com").json()[0]["user_id"] == ann["user_id"]
    assert house.call("DELETE", one(ann)).status == 204
    gone = house.call("GET", one(ann))
    assert (gone.status, gone.json()["errorCode"]) == (404, "inexistent_user")


def test_an_address_in_any_case_and_a_username_are_one_persons(house: InProcess) -> None:
    made(house, username="annie")
    for body in ({"email": "ANN@example.com"}, {"email": "b@example.com", "username": "Annie"}):
        refused = house.call("POST", "users", {"connection": CONNECTION, **body})
        assert (refused.status, refused.json()["message"]) == (409, "The user already exists.")


def test_administrators_of_the_deployment_are_nobodys_users(house: InProcess, town: Town) -> None:
    admin = house.bootstrap["admin"]
    assert house.ask("GET", "users") == []
    assert house.ask("GET", f"users-by-email?email={admin['email']}") == []
    with pytest.raises(Exception, match="Wrong"):
        town.enter(admin["email"], admin["password"])


@pytest.mark.parametrize(
    "hashed",
    [
        {"password_hash": bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()},
        {
            "custom_password_hash": {
                "algorithm": "pbkdf2",
                "hash": {
                    "value": "f0d9b5ed0c4fb0d6a0b4d2ec8f7ff14f5c0cbd3bcd2a8fa0c94c5fc32d2ab2a7",
                    "encoding": "hex",
                },
                "salt": {"value": "salt"},
                "iterations": 1000,
            }
        },
    ],
)
def test_a_hash_from_elsewhere_lets_in_and_is_made_anew(house: InProcess, town: Town, hashed: dict[str, Any]) -> None:
    if "custom_password_hash" in hashed:
        import hashlib

        digest = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), b"salt", 1000)
        hashed["custom_password_hash"]["hash"]["value"] = digest.hex()
    made(house, **hashed)
    user = town.enter("ann@example.com")
    assert user.password_hash is not None
    assert user.password_hash.startswith("$argon2id$")
    assert town.enter("ann@example.com")


@pytest.mark.parametrize(
    "hashed",
    [
        {"password_hash": "$argon2id$v=19$m=4194304,t=3,p=4$" + "A" * 22 + "$" + "A" * 43},
        {"password_hash": "$argon2id$v=19$m=65536,t=900000,p=4$" + "A" * 22 + "$" + "A" * 43},
        {"password_hash": "$2b$31$" + "a" * 53},
        {"password_hash": "$pbkdf2-sha256$i=999999999,l=32$AAAA$" + "A" * 43},
        {"password_hash": "5f4dcc3b5aa765d61d8327deb882cf99"},
        {"custom_password_hash": {"algorithm": "md5", "hash": {"value": "00", "encoding": "hex"}}},
        {"password": PASSWORD, "password_hash": "$2b$10$" + "a" * 53},
    ],
)
def test_a_hash_that_asks_for_too_much_or_too_little_work_is_refused(house: InProcess, hashed: dict[str, Any]) -> None:
    refused = house.call("POST", "users", {"connection": CONNECTION, "email": "ann@example.com", **hashed})
    assert (refused.status, refused.json()["errorCode"]) == (400, "invalid_body")


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ('email:"ann@example.com"', "ann"),
        ("name:A*n", "ann"),
        ("nickname:b*", "bob"),
        ("blocked:true", "bob"),
        ("NOT blocked:true AND email:*example.com", "ann cat"),
        ("email:ann@example.com OR username:BOBBY", "ann bob"),
        ("user_metadata.colour:Green", "ann"),
        ("app_metadata.vip:true", "bob"),
        ("_exists_:username", "bob"),
        ("created_at:[2020-01-01 TO 2021-01-01]", ""),
        ("logins_count:[0 TO *]", "ann bob cat"),
        ("name:100%", ""),
    ],
)
def test_people_are_searched(house: InProcess, q: str, found: str) -> None:
    made(house, name="Ann", user_metadata={"colour": "green"})
    made(house, "bob@example.com", username="bobby", blocked=True, app_metadata={"vip": True})
    made(house, "cat@example.com")
    answer = house.ask("GET", f"users?include_totals=true&search_engine=v3&sort=email:1&q={quote(q)}")
    assert [user["email"].partition("@")[0] for user in answer["users"]] == found.split()
    assert answer["total"] == len(found.split())


@pytest.mark.parametrize("q", ["ann", "password_hash:*", "blocked:maybe", "user_metadata.a'b:x", "name:(", "name:a~"])
def test_a_query_that_cannot_be_read_is_refused(house: InProcess, q: str) -> None:
    assert house.call("GET", f"users?q={quote(q)}").status == 400


def test_roles_give_permissions_until_they_or_the_api_go(house: InProcess, town: Town) -> None:
    house.api(API)
    ann = made(house)
    role = house.ask("POST", "roles", {"name": "Clerk", "description": "Reads"})
    permission = {"resource_server_identifier": API, "permission_name": "read"}
    assert house.call("POST", f"roles/{role['id']}/permissions", {"permissions": [permission]}).status == 201
    assert house.call("POST", f"{one(ann)}/roles", {"roles": [role["id"]]}).status == 204
    own = {"resource_server_identifier": API, "permission_name": "write"}
    assert house.call("POST", f"{one(ann)}/permissions", {"permissions": [own]}).status == 201

    def may() -> set[str]:
        return set(house.run(town.people.permissions.of(town.tenant, ann["user_id"], API)))

    assert may() == {"read", "write"}
    assert [each["name"] for each in house.ask("GET", f"{one(ann)}/roles")] == ["Clerk"]
    assert [each["email"] for each in house.ask("GET", f"roles/{role['id']}/users")] == ["ann@example.com"]
    shown = house.ask("GET", f"{one(ann)}/permissions")
    assert {(each["permission_name"], each["sources"][0]["source_type"]) for each in shown} == {
        ("write", "DIRECT"),
        ("read", "ROLE"),
    }
    unknown = {"resource_server_identifier": API, "permission_name": "fly"}
    assert house.call("POST", f"{one(ann)}/permissions", {"permissions": [unknown]}).status == 400
    api = house.ask("GET", f"resource-servers/{quote(API, safe='')}")
    house.ask("PATCH", f"resource-servers/{api['id']}", {"scopes": [{"value": "read"}]})
    assert may() == {"read"}
    assert house.call("DELETE", f"{one(ann)}/roles", {"roles": [role["id"]]}).status == 204
    assert may() == set()
    house.ask("POST", f"roles/{role['id']}/users", {"users": [ann["user_id"]]})
    assert house.call("DELETE", f"resource-servers/{api['id']}").status == 204
    assert house.ask("GET", f"roles/{role['id']}/permissions") == []
    assert house.call("DELETE", f"roles/{role['id']}").status == 200
    assert house.ask("GET", f"{one(ann)}/roles") == []


def test_a_block_is_listed_and_ended(house: InProcess, town: Town) -> None:
    ann = made(house, password=PASSWORD)
    for _ in range(10):
        with pytest.raises(Exception, match="Wrong"):
            town.enter("ann@example.com", "wrong")
    blocked = house.ask("GET", f"user-blocks/{quote(ann['user_id'], safe='')}")["blocked_for"]
    assert blocked == [{"identifier": "ann@example.com", "connection": CONNECTION, "ip": "203.0.113.9"}]
    assert house.ask("GET", "user-blocks?identifier=ann@example.com")["blocked_for"] == blocked
    assert house.call("DELETE", "user-blocks?identifier=ann@example.com").status == 204
    assert town.enter("ann@example.com")
    rows = house.ask("GET", f"{one(ann)}/logs")
    assert {row["type"] for row in rows} >= {"fp", "limit_wc", "sapi"}
    assert "Unblock a user" in {row["description"] for row in rows}
