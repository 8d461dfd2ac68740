"""The one writer of accounts: what goes with a new password, a block and a deletion, and that tenants stay apart."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tallystick.deployment.new_tenant import create_tenant
from tallystick.errors import Conflict, NotFound
from tallystick.tokens.families import NEVER_MS, begin
from tallystick.tokens.family import TokenFamily
from tallystick.users.authenticator import Authenticator
from tallystick.users.consent import Consent
from tallystick.users.password_check import SignInRefused
from tallystick.users.role import RoleMember, UserPermission
from tallystick.users.session import Session
from tallystick.users.user import DATABASE_CONNECTION, User
from tests.inprocess import InProcess
from tests.people import signed_in
from tests.users.people import PASSWORD, Town

API = "https://api.example/"


def furnished(town: Town) -> User:
    """Ann with all that a person can have: two sessions, tokens, a factor, a consent, a role, a count of attempts."""
    ann, tenant_id, now_ms = town.person(), town.tenant.tenant_id, town.house.clock.now_ms()
    for _ in range(2):
        signed_in(town.house, ann)
    about: dict[str, Any] = {"tenant_id": tenant_id, "user_id": ann.user_id}
    family = begin(
        **about, client_id="c", session_id=None, audience=API, scope=["read"], auth_time_ms=now_ms, now_ms=now_ms
    )
    made = {**about, "created_at_ms": now_ms}
    rows = [
        replace(family, has_refresh_token=True, purge_at_ms=NEVER_MS),
        Authenticator(**made, id="f1", type="totp"),
        Consent(**made, id="c1", client_id="c", audience=API, scope=["read"], updated_at_ms=now_ms),
        RoleMember(**made, role_id="rol_1"),
        UserPermission(**made, audience=API, permission="read"),
    ]
    town.house.run(town.worker.storage.write(saves=rows))
    assert town.told("ann@example.com", "wrong") == "wrong"
    return ann


def left(town: Town, ann: User) -> dict[str, int]:
    """How much of each she has now."""
    storage, tenant_id, now_ms = town.worker.storage, town.tenant.tenant_id, town.house.clock.now_ms()
    where = {"user_id": ann.user_id}
    kinds = (Authenticator, Consent, RoleMember, UserPermission)
    counts = {kind.__name__: town.house.run(storage.count(kind, tenant_id, where=where)) for kind in kinds}
    sessions = town.house.run(storage.find(Session, tenant_id, where=where))
    counts["Session"] = sum(session.expires_at_ms > now_ms for session in sessions)
    counts["TokenFamily"] = town.house.run(
        storage.count(TokenFamily, tenant_id, where={**where, "withdrawn_at_ms": None})
    )
    counts["FailedAttempts"] = len(town.house.run(storage.attempts_at(tenant_id, f"account:{ann.user_id}:")))
    return {name: count for name, count in counts.items() if count}


KEPT = {"Authenticator": 1, "Consent": 1, "RoleMember": 1, "UserPermission": 1}
EVERYTHING = {**KEPT, "Session": 2, "TokenFamily": 1, "FailedAttempts": 1}


def changed(town: Town, ann: User, **members: Any) -> User:
    accounts, now_ms = town.people.accounts, town.house.clock.now_ms()
    return town.house.run(accounts.update(town.tenant, ann.user_id, members, now_ms, town.log))


@pytest.mark.parametrize(
    ("members", "rest"),
    [
        ({"given_name": "Ann"}, EVERYTHING),
        ({"blocked": False}, EVERYTHING),
        ({"password": "another " + PASSWORD}, KEPT),
        # A block by an administrator forgives no guess.
        ({"blocked": True}, {**KEPT, "FailedAttempts": 1}),
    ],
)
def test_what_a_change_takes_back(town: Town, members: dict[str, Any], rest: dict[str, int]) -> None:
    ann = furnished(town)
    assert left(town, ann) == EVERYTHING
    changed(town, ann, **members)
    assert left(town, ann) == rest


def test_a_new_password_takes_back_the_same_and_ends_the_block(town: Town) -> None:
    ann = furnished(town)
    for _ in range(10):
        town.told("ann@example.com", "wrong")
    assert town.told("ann@example.com") == "too_many"
    set_password = town.people.accounts.set_password
    town.house.run(set_password(town.tenant, ann, "another " + PASSWORD, town.house.clock.now_ms(), town.log))
    assert left(town, ann) == KEPT
    assert town.told("ann@example.com") == "wrong"
    assert town.told("ann@example.com", "another " + PASSWORD) == "in"


def test_nothing_is_left_of_who_is_deleted(town: Town) -> None:
    ann, bob = furnished(town), town.person("bob@example.com")
    signed_in(town.house, bob)
    accounts, now_ms = town.people.accounts, town.house.clock.now_ms()
    town.house.run(accounts.delete(town.tenant, ann.user_id, now_ms, town.log))
    assert left(town, ann) == {}
    assert [row["user_id"] for row in town.rows("sdu")] == [ann.user_id]
    assert left(town, bob) == {"Session": 1}
    assert town.told("ann@example.com") == "wrong"
    town.house.run(accounts.delete(town.tenant, ann.user_id, now_ms, town.log))


def test_while_things_are_taken_back_nobody_gets_new_ones(town: Town) -> None:
    ann = town.person()
    seen: list[str] = []

    async def look(*_: Any) -> None:
        try:
            await town.people.password_check.check(town.facts(), ann.email, PASSWORD)
        except SignInRefused as refused:
            seen.append(refused.told)

    accounts = town.people.accounts
    accounts._withdrawals = [look, *accounts._withdrawals]
    town.house.run(accounts.delete(town.tenant, ann.user_id, town.house.clock.now_ms(), town.log))
    assert seen == ["blocked"]


def test_changes_at_once_are_all_made(town: Town) -> None:
    ann = town.person()
    accounts, now_ms = town.people.accounts, town.house.clock.now_ms()

    async def all_at_once() -> None:
        updates = ({"user_metadata": {f"m{number}": number}} for number in range(8))
        await asyncio.gather(*(accounts.update(town.tenant, ann.user_id, each, now_ms, town.log) for each in updates))

    town.house.run(all_at_once())
    now = town.house.run(accounts.get(town.tenant.tenant_id, ann.user_id))
    assert now.metadata["user_metadata"] == {f"m{number}": number for number in range(8)}


def test_of_one_address_at_once_there_is_one_account(town: Town) -> None:
    async def one() -> bool:
        body = {"connection": DATABASE_CONNECTION, "email": "Ann@example.com", "password": PASSWORD}
        try:
            await town.people.accounts.create(town.tenant, body, 1, town.log)
        except Conflict:
            return False
        return True

    async def all_at_once() -> list[bool]:
        return list(await asyncio.gather(*(one() for _ in range(5))))

    assert town.house.run(all_at_once()).count(True) == 1


def test_no_hash_is_made_for_an_account_that_cannot_be(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.person(username="annie")

    async def never(_: str) -> str:
        raise AssertionError("a hash was made")

    monkeypatch.setattr(town.people.passwords, "hash", never)
    for body in ({"email": "ANN@example.com"}, {"email": "b@example.com", "username": "Annie"}):
        with pytest.raises(Conflict):
            town.person(**body)


def test_a_new_address_and_number_prove_nothing(town: Town) -> None:
    ann = town.person(email_verified=True, phone_number="+4930123456", phone_verified=True)
    assert changed(town, ann, email="ANN@example.com").email_verified
    moved = changed(town, ann, email="ann@example.net", phone_number="+4930123457")
    assert (moved.email_verified, moved.metadata["phone_verified"]) == (False, False)
    assert moved.metadata["name"] == "ann@example.net"
    assert changed(town, ann, email="ann@example.org", email_verified=True).email_verified


def test_what_is_null_or_empty_is_gone(town: Town) -> None:
    ann = town.person(given_name="Ann", user_metadata={"a": {"b": 1}, "c": 2}, app_metadata={"d": 3})
    now = changed(town, ann, given_name=None, user_metadata={"a": {"x": 1}, "c": None}, app_metadata={})
    assert "given_name" not in now.metadata
    assert (now.metadata["user_metadata"], now.metadata["app_metadata"]) == ({"a": {"x": 1}}, {})


def test_people_of_one_tenant_are_nobody_in_another(town: Town) -> None:
    ann = furnished(town)
    tenant, _ = town.house.run(create_tenant(town.house.settings, "umbrella", "umbrella.example"))
    accounts, there = town.people.accounts, tenant.tenant_id
    assert town.house.run(accounts.by_id(there, ann.user_id)) is None
    assert town.house.run(accounts.by_login(there, ann.email)) is None
    with pytest.raises(SignInRefused, match="Wrong"):
        town.house.run(town.people.password_check.check(replace(town.facts(), tenant=tenant), ann.email, PASSWORD))
    with pytest.raises(NotFound):
        town.house.run(accounts.update(tenant, ann.user_id, {"blocked": True}, 1, town.log))
    town.house.run(accounts.delete(tenant, ann.user_id, 1, town.log))
    assert town.house.run(town.people.permissions.of(tenant, ann.user_id, API)) == frozenset()
    assert town.house.run(town.people.permissions.of(town.tenant, ann.user_id, API)) == {"read"}
    assert left(town, ann) == EVERYTHING
    # The same address, and the same id, is somebody else there.
    body = {"connection": DATABASE_CONNECTION, "email": ann.email, "user_id": ann.user_id.partition("|")[2]}
    other = town.house.run(accounts.create(tenant, {**body, "password": "other " + PASSWORD}, 1, town.log))
    assert (other.user_id, other.tenant_id) == (ann.user_id, there)
    town.house.run(accounts.delete(tenant, other.user_id, 1, town.log))
    assert left(town, ann) == EVERYTHING


def test_no_file_of_the_deployment_holds_a_password(house: InProcess, town: Town) -> None:
    right, wrong, later = ("canary right 7f3a", "canary wrong 91bc", "canary later 55de")
    town.person(password=right)
    for name in ("ann@example.com", "nobody@example.com"):
        assert town.told(name, wrong) == "wrong"
    assert town.told("ann@example.com", right) == "in"
    house.ask("PATCH", f"users/{town.enter('ann@example.com', right).user_id}", {"password": later})
    house.call("POST", "users", {"connection": DATABASE_CONNECTION, "email": "ann@example.com", "password": later})
    house.call("POST", "users", {"connection": DATABASE_CONNECTION, "email": "b@example.com", "passwort": later})
    house.call("POST", "users", {"connection": DATABASE_CONNECTION, "email": "no address", "password": later})
    kept = b"".join(path.read_bytes() for path in Path(house.settings.data).rglob("*") if path.is_file())
    assert b"ann@example.com" in kept, "what is looked at is what is written"
    assert b"canary" not in kept
    assert b"canary" not in house.call("GET", "logs?per_page=100").content


def refused(town: Town, method: str, path: str, **members: Any) -> str:
    """The message of a call that is refused."""
    body = {"connection": DATABASE_CONNECTION, **members} if method == "POST" else members
    answer = town.house.call(method, path, body)
    assert answer.status == 400, answer
    return str(answer.json()["message"])


def options(town: Town, **members: Any) -> None:
    (connection,) = town.house.ask("GET", "connections")
    town.house.ask("PATCH", f"connections/{connection['id']}", {"options": {**connection["options"], **members}})


def test_accounts_are_made_and_changed_at_the_one_connection(town: Town) -> None:
    ann = town.person()
    for name in ("administrators", "google-oauth2", ""):
        assert "connection" in refused(town, "POST", "users", connection=name, email="b@example.com")
        assert "connection" in refused(town, "PATCH", f"users/{ann.user_id}", connection=name, blocked=True)


def test_a_username_is_needed_and_bounded_where_the_connection_says_so(town: Town) -> None:
    options(town, requires_username=True, validation={"username": {"min": 3, "max": 6}})
    assert "username" in refused(town, "POST", "users", email="b@example.com")
    for name in ("ab", "abcdefg", "a@b.de"):
        assert "username" in refused(town, "POST", "users", email="b@example.com", username=name)
    assert town.person(username="ABC").username == "abc"


def test_a_new_password_holds_nothing_personal_where_the_connection_says_so(town: Town) -> None:
    ann = town.person(given_name="Annabella", family_name="Miller", username="harlequin")
    options(town, password_no_personal_info={"enable": True})
    for word in ("annabella", "miller", "harlequin"):
        password = f"correct {word} battery staple"
        assert "part of the person" in refused(town, "PATCH", f"users/{ann.user_id}", password=password)
    assert "part of the person" in refused(
        town, "POST", "users", email="bartholomew@example.com", password="correct bartholomew staple"
    )
    assert changed(town, ann, password="another " + PASSWORD)
