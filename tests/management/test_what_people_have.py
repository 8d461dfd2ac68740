"""Sessions, refresh tokens, grants and second factors of people, over the Management API."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from msgspec.structs import replace

from tallystick.ids import new_record_id
from tallystick.tokens.families import NEVER_MS, begin
from tallystick.tokens.family import TokenFamily
from tallystick.users.authenticator import Authenticator
from tallystick.users.consent import Consent
from tallystick.users.session import Session
from tallystick.users.user import User
from tests.inprocess import InProcess
from tests.people import person, signed_in

API = "https://api.example/"


@pytest.fixture
def jane(house: InProcess) -> User:
    return person(house)


def path(user: User, rest: str) -> str:
    return f"users/{quote(user.user_id, safe='')}/{rest}"


def session_of(house: InProcess, user: User) -> Session:
    signed_in(house, user)
    [*_, found] = house.run(house.worker.storage.find(Session, house.tenant.tenant_id, where={"user_id": user.user_id}))
    return found


def family(house: InProcess, user: User, client_id: str = "c1", session_id: str | None = None) -> TokenFamily:
    """A family with a refresh token, as if one had been issued."""
    now_ms = house.clock.now_ms()
    begun = begin(
        tenant_id=house.tenant.tenant_id,
        client_id=client_id,
        user_id=user.user_id,
        session_id=session_id,
        audience=API,
        scope=["read"],
        auth_time_ms=now_ms,
        now_ms=now_ms,
    )
    begun = replace(begun, has_refresh_token=True, purge_at_ms=NEVER_MS)
    house.run(house.worker.storage.write(saves=(begun,)))
    return begun


def consent(house: InProcess, user: User, client_id: str = "c1", audience: str = API) -> Consent:
    now_ms = house.clock.now_ms()
    given = Consent(
        tenant_id=house.tenant.tenant_id,
        id=new_record_id(),
        user_id=user.user_id,
        client_id=client_id,
        audience=audience,
        scope=["read"],
        created_at_ms=now_ms,
        updated_at_ms=now_ms,
    )
    house.run(house.worker.storage.write(saves=(given,)))
    return given


def is_living(house: InProcess, one: TokenFamily) -> bool:
    return house.call("GET", f"refresh-tokens/{one.id}").status == 200


def test_a_session_is_seen_and_ended(house: InProcess, jane: User) -> None:
    session = session_of(house, jane)
    [shown] = house.ask("GET", path(jane, "sessions"))["sessions"]
    assert shown == house.ask("GET", f"sessions/{session.id}")
    assert (shown["id"], shown["user_id"]) == (session.id, jane.user_id)
    assert shown["authentication"]["methods"][0]["name"] == "pwd"
    assert session.secret_hash not in str(shown)
    bound = family(house, jane, session_id=session.id)

    assert house.call("DELETE", f"sessions/{session.id}").status == 202
    assert house.call("GET", f"sessions/{session.id}").json()["errorCode"] == "inexistent_session"
    assert house.call("DELETE", f"sessions/{session.id}").status == 202
    assert house.ask("GET", path(jane, "sessions")) == {"sessions": []}
    assert is_living(house, bound), "a refresh token outlives the session"


def test_a_revoked_session_takes_its_tokens_along(house: InProcess, jane: User) -> None:
    first, second = session_of(house, jane), session_of(house, jane)
    of_first, of_second = (family(house, jane, session_id=one.id) for one in (first, second))
    assert house.call("POST", f"sessions/{first.id}/revoke").status == 202
    assert (is_living(house, of_first), is_living(house, of_second)) == (False, True)
    assert [one["id"] for one in house.ask("GET", path(jane, "sessions"))["sessions"]] == [second.id]
    assert house.call("POST", f"sessions/{first.id}/revoke").status == 404


def test_all_access_of_a_person_is_revoked_and_nobody_elses(house: InProcess, jane: User) -> None:
    other = person(house, "max@example.org")
    session_of(house, jane)
    kept = session_of(house, other)
    mine, theirs = family(house, jane), family(house, other)
    assert house.call("POST", path(jane, "revoke-access"), {"preserve_refresh_tokens": True}).status == 202
    assert is_living(house, mine)
    assert house.ask("GET", path(jane, "sessions")) == {"sessions": []}
    session_of(house, jane)
    assert house.call("POST", path(jane, "revoke-access")).status == 202
    assert house.ask("GET", path(jane, "sessions")) == {"sessions": []}
    assert (is_living(house, mine), is_living(house, theirs)) == (False, True)
    assert house.ask("GET", f"sessions/{kept.id}")["user_id"] == other.user_id
    assert house.call("DELETE", path(other, "sessions")).status == 202
    assert house.call("GET", f"sessions/{kept.id}").status == 404
    assert house.call("GET", "users/auth0%7Cnobody/sessions").json()["errorCode"] == "inexistent_user"


def test_one_session_of_a_person_is_revoked_with_what_came_of_it(house: InProcess, jane: User) -> None:
    first, second = session_of(house, jane), session_of(house, jane)
    of_first, of_second = (family(house, jane, session_id=one.id) for one in (first, second))
    other = person(house, "max@example.org")
    theirs = session_of(house, other)
    # Another person's session is none of this one's.
    assert house.call("POST", path(jane, "revoke-access"), {"session_id": theirs.id}).status == 202
    assert house.call("GET", f"sessions/{theirs.id}").status == 200
    assert house.call("POST", path(jane, "revoke-access"), {"session_id": first.id}).status == 202
    assert [one["id"] for one in house.ask("GET", path(jane, "sessions"))["sessions"]] == [second.id]
    assert (is_living(house, of_first), is_living(house, of_second)) == (False, True)


def test_what_is_over_is_not_there(house: InProcess, jane: User) -> None:
    """Rows stay a while, so that applications can be told: administrators do not see them."""
    session = session_of(house, jane)
    over = replace(family(house, jane), version=1, expires_at_ms=house.clock.now_ms() + 1000)
    house.run(house.worker.storage.write(saves=(over,)))
    assert is_living(house, over)
    house.clock.advance(1)
    assert not is_living(house, over)
    assert house.ask("GET", path(jane, "refresh-tokens"))["tokens"] == []
    house.clock.advance((session.idle_expires_at_ms - house.clock.now_ms()) / 1000)
    house.forget_token()
    assert house.run(house.worker.storage.get(Session, house.tenant.tenant_id, session.id)) is not None
    assert house.call("GET", f"sessions/{session.id}").status == 404
    assert house.call("POST", f"sessions/{session.id}/revoke").status == 404
    assert house.ask("GET", path(jane, "sessions")) == {"sessions": []}


def test_sessions_are_read_from_checkpoint_to_checkpoint(house: InProcess, jane: User) -> None:
    ids = {session_of(house, jane).id for _ in range(3)}
    first = house.ask("GET", path(jane, "sessions?take=2"))
    second = house.ask("GET", path(jane, f"sessions?take=2&from={first['next']}"))
    assert {one["id"] for page in (first, second) for one in page["sessions"]} == ids
    assert "next" not in second


def test_refresh_tokens_are_seen_and_withdrawn(house: InProcess, jane: User) -> None:
    first, second, third = (family(house, jane, f"c{number}") for number in range(3))
    user = quote(jane.user_id)
    listed = house.ask("GET", f"refresh-tokens?user_id={user}")["refresh_tokens"]
    assert [one["id"] for one in listed] == [first.id, second.id, third.id]
    assert house.ask("GET", path(jane, "refresh-tokens"))["tokens"] == listed
    assert listed[0]["resource_servers"] == [{"audience": API, "scopes": "read"}]
    assert first.seed not in str(listed)
    [only] = house.ask("GET", f"refresh-tokens?user_id={user}&client_id=c1&fields=id")["refresh_tokens"]
    assert only == {"id": second.id}
    missing = house.call("GET", "refresh-tokens")
    assert (missing.status, missing.json()["errorCode"]) == (400, "invalid_query_string")

    assert house.call("DELETE", f"refresh-tokens/{first.id}").status == 202
    assert [is_living(house, one) for one in (first, second, third)] == [False, True, True]
    assert house.call("POST", "refresh-tokens/revoke", {}).status == 400
    assert house.call("POST", "refresh-tokens/revoke", {"audience": API}).status == 400
    body = {"user_id": jane.user_id, "client_id": "c1", "audience": "https://other.example/"}
    assert house.call("POST", "refresh-tokens/revoke", body).status == 202
    assert is_living(house, second)
    assert house.call("POST", "refresh-tokens/revoke", {"ids": [second.id, "nothing"]}).status == 202
    assert [is_living(house, one) for one in (second, third)] == [False, True]
    assert house.call("DELETE", path(jane, "refresh-tokens")).status == 202
    assert house.ask("GET", path(jane, "refresh-tokens")) == {"tokens": []}


def test_refresh_tokens_are_devices_too(house: InProcess, jane: User) -> None:
    one = family(house, jane)
    [device] = house.ask("GET", f"device-credentials?user_id={quote(jane.user_id)}&type=refresh_token")
    assert (device["id"], device["type"]) == (f"dcr_{one.id}", "refresh_token")
    assert house.ask("GET", "device-credentials?type=rotating_refresh_token") == []
    assert house.ask("GET", "device-credentials?type=public_key&include_totals=true")["device_credentials"] == []
    assert house.call("DELETE", f"device-credentials/{device['id']}").status == 204
    assert not is_living(house, one)


def test_a_grant_is_taken_back_with_its_tokens(house: InProcess, jane: User) -> None:
    given, other = consent(house, jane), consent(house, jane, "c2")
    mine, others = family(house, jane), family(house, jane, "c2")
    listed = house.ask("GET", f"grants?user_id={quote(jane.user_id)}&include_totals=true")
    assert listed["total"] == 2
    assert listed["grants"][0] == {
        "id": given.id,
        "clientID": "c1",
        "user_id": jane.user_id,
        "audience": API,
        "scope": ["read"],
    }
    assert house.call("DELETE", f"grants/{given.id}").status == 204
    assert [one["id"] for one in house.ask("GET", "grants")] == [other.id]
    assert (is_living(house, mine), is_living(house, others)) == (False, True)
    assert house.call("DELETE", "grants").status == 400
    assert house.call("DELETE", f"grants?user_id={quote(jane.user_id)}").status == 204
    assert house.ask("GET", "grants") == []
    assert not is_living(house, others)


def test_a_deleted_application_and_a_deleted_api_leave_nothing(house: InProcess, jane: User) -> None:
    api = house.api(API)
    clients = [house.made("POST", "clients", {"name": name})["client_id"] for name in ("one", "two")]
    families = [family(house, jane, client_id) for client_id in clients]
    for client_id in clients:
        consent(house, jane, client_id)
    house.ask("DELETE", f"clients/{clients[0]}")
    assert [is_living(house, one) for one in families] == [False, True]
    assert [grant["clientID"] for grant in house.ask("GET", "grants")] == [clients[1]]
    house.ask("DELETE", f"resource-servers/{api['id']}")
    assert not is_living(house, families[1])
    assert house.ask("GET", "grants") == []


def factor(house: InProcess, user: User, kind: str) -> Authenticator:
    one = Authenticator(
        tenant_id=house.tenant.tenant_id,
        id=new_record_id(),
        user_id=user.user_id,
        type=kind,
        name=f"My {kind}",
        is_confirmed=True,
        secret_sealed=b"sealed" if kind == "totp" else None,
        data={"codes": ["hash"]} if kind == "recovery-code" else {},
        created_at_ms=house.clock.now_ms(),
    )
    house.run(house.worker.storage.write(saves=(one,)))
    return one


def test_second_factors_are_seen_without_secrets_and_removed(house: InProcess, jane: User) -> None:
    totp, passkey, _ = (factor(house, jane, kind) for kind in ("totp", "webauthn", "recovery-code"))
    methods = path(jane, "authentication-methods")
    listed = house.ask("GET", methods)
    assert [one["type"] for one in listed] == ["totp", "passkey", "recovery-code"]
    assert "sealed" not in str(listed)
    assert "hash" not in str(listed)
    assert {one["auth_method"] for one in house.ask("GET", path(jane, "enrollments"))} == {
        "authenticator",
        "webauthn",
        "recovery-code",
    }
    assert house.call("DELETE", f"{methods}/{passkey.id}").status == 204
    assert house.call("DELETE", f"{methods}/{passkey.id}").status == 404
    assert [one["type"] for one in house.ask("GET", methods)] == ["totp", "recovery-code"]
    # Another person's factor is not found under this one.
    other = person(house, "max@example.org")
    assert house.call("DELETE", path(other, f"authentication-methods/{totp.id}")).status == 404
    assert house.call("DELETE", path(jane, "multifactor/pigeon")).status == 404
    assert house.call("DELETE", path(jane, "multifactor/google-authenticator")).status == 204
    assert house.ask("GET", methods) == [], "recovery codes go with the last factor"
    factor(house, jane, "totp")
    kept = factor(house, jane, "webauthn")
    unproven = replace(factor(house, jane, "totp"), version=1, is_confirmed=False)
    house.run(house.worker.storage.write(saves=(unproven,)))
    assert [one["auth_method"] for one in house.ask("GET", path(jane, "enrollments"))] == ["authenticator", "webauthn"]
    assert house.call("DELETE", path(jane, "multifactor/duo")).status == 204
    assert len(house.ask("GET", methods)) == 3
    assert house.call("DELETE", path(jane, "multifactor/google-authenticator")).status == 204
    assert [one["id"] for one in house.ask("GET", methods)] == [kept.id], "passkeys stay"
    assert house.call("DELETE", methods).status == 204
    assert house.ask("GET", methods) == []
