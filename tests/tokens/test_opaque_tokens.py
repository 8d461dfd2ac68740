"""Opaque access tokens: handles that mean something to nobody but us (RFC 6749 1.4)."""

from __future__ import annotations

import re
from typing import Any
from unittest.mock import patch

import pytest
from msgspec.structs import replace

from tallystick.app.tokens import recogniser_of
from tallystick.storage.store import Storage
from tallystick.tokens.opaque_token import OpaqueToken
from tallystick.tokens.recognised import InvalidToken, Recognised
from tests.inprocess import InProcess
from tests.recipient import recipient
from tests.sender.holder import ask, key_for, proof_for
from tests.tokens.allowed import CALLBACK, ROTATING, Allowed, allowed
from tests.tokens.test_encrypted_access_tokens import encryption_to

API = "https://api.example/"
OFFLINE = ["openid", "offline_access", "read"]


def recognised(house: InProcess, token: str) -> Recognised:
    return house.run(recogniser_of(house.worker).recognise(house.tenant, token))


def check_of(house: InProcess, token: str) -> str:
    with pytest.raises(InvalidToken) as refused:
        recognised(house, token)
    return refused.value.check


def own(house: InProcess, **fields: Any) -> tuple[Allowed, dict[str, Any]]:
    """An application with a token for itself."""
    house.api(API, token_dialect="opaque", **fields)
    client, app = house.client(API), allowed(house)
    app = Allowed(house=house, client=client, user=app.user, session=app.session)
    return app, house.token(**app.proof, audience=API).json()


def test_a_handle_of_256_bits_that_says_nothing(house: InProcess) -> None:
    app, body = own(house)
    token = body["access_token"]
    assert re.fullmatch(r"tat_[A-Za-z0-9_-]{43}", token)
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 86_400, "read write")
    found = recognised(house, token)
    now_s = house.clock.now_ms() // 1000
    jti = found.claims["jti"]
    assert found.claims == {
        "iss": house.issuer,
        "sub": f"{app.client_id}@clients",
        "aud": API,
        "iat": now_s,
        "exp": now_s + 86_400,
        "client_id": app.client_id,
        "scope": "read write",
        "jti": jti,
    }
    assert (found.form, found.expires_at_ms) == ("opaque", (now_s + 86_400) * 1000)


def test_the_database_cannot_tell_the_token(house: InProcess) -> None:
    _, body = own(house)
    (row,) = house.run(house.worker.storage.find(OpaqueToken, house.tenant.tenant_id))
    assert body["access_token"][4:] not in repr(row)
    assert check_of(house, "tat_" + row.token_hash) == "token.opaque"


def test_it_ends_with_its_life_and_its_row_with_it(house: InProcess) -> None:
    _, body = own(house, token_lifetime=60)
    house.clock.advance(59)
    assert recognised(house, body["access_token"])
    house.clock.advance(1)
    assert check_of(house, body["access_token"]) == "token.exp"
    house.clock.advance(1)
    house.run(house.worker.storage.forget(house.clock.now_ms()))
    assert check_of(house, body["access_token"]) == "token.opaque"
    assert house.run(house.worker.storage.count(OpaqueToken, house.tenant.tenant_id)) == 0


def test_revoked_it_is_over_at_once(house: InProcess) -> None:
    app, body = own(house)
    assert app.revoke(body["access_token"], token_type_hint="nonsense").status == 200
    assert check_of(house, body["access_token"]) == "token.opaque"
    row = house.ask("GET", "logs")[0]
    assert (row["type"], row["details"]["form"], row["audience"]) == ("access_token_revoked", "opaque", API)
    assert app.revoke(body["access_token"]).status == 200
    assert [row["type"] for row in house.ask("GET", "logs")].count("access_token_revoked") == 1


def test_another_clients_is_refused_and_lives_on(house: InProcess) -> None:
    app, body = own(house)
    answer = allowed(house, app.user).revoke(body["access_token"])
    assert (answer.status, answer.json()["error"]) == (400, "invalid_grant")
    assert recognised(house, body["access_token"])


def test_a_persons_token_belongs_to_its_family(house: InProcess) -> None:
    house.api(API, token_dialect="opaque", allow_offline_access=True)
    app = allowed(house, refresh_token=ROTATING)
    body = app.tokens(OFFLINE, audience=API)
    again = app.refresh(body["refresh_token"]).json()
    for one in (body, again):
        found = recognised(house, one["access_token"])
        assert found.person is not None
        assert found.person.user.user_id == app.user.user_id
        assert app.userinfo(one["access_token"]).status == 200
    assert app.revoke(body["access_token"]).status == 200
    assert [check_of(house, one["access_token"]) for one in (body, again)] == ["token.withdrawn"] * 2
    assert app.refresh(again["refresh_token"]).status == 400


def test_one_that_is_bound_to_a_certificate_needs_it(house: InProcess) -> None:
    """RFC 8705 3: the record has the ``cnf`` that the token cannot show."""
    house.api(API, token_dialect="opaque", proof_of_possession={"mechanism": "mtls", "required": True})
    app, mine = allowed(house), (b"a certificate",)
    token = app.redeem(app.code(["openid", "read"], audience=API), mine).json()["access_token"]
    assert list(recognised(house, token).confirmation or {}) == ["x5t#S256"]
    assert [app.userinfo(token, shown).status for shown in ((), (b"another",), mine)] == [401, 401, 200]


def test_one_that_is_bound_to_a_key_needs_its_proof(house: InProcess) -> None:
    """RFC 9449 7."""
    house.api(API, token_dialect="opaque", proof_of_possession={"mechanism": "dpop", "required": True})
    app, key = allowed(house), key_for("ES256")
    code = app.code(["openid", "read"], audience=API)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, **app.proof}
    body = ask(house, proof_for(house, key), **form).json()
    token = body["access_token"]
    assert (body["token_type"], recognised(house, token).confirmation) == ("DPoP", {"jkt": key.jkt})
    assert app.userinfo(token).status == 401
    for access_token, status in ((token, 200), (None, 401)):
        proof = proof_for(house, key, "userinfo", "GET", access_token=access_token)
        headers = {b"authorization": f"DPoP {token}".encode(), b"dpop": proof.encode()}
        assert house.request("GET", "/userinfo", headers=headers).status == status


def test_an_exchange_that_writes_nothing_else_writes_the_token(house: InProcess) -> None:
    """A refresh token that is not replaced, within a minute of its last use."""
    house.api(API, token_dialect="opaque", allow_offline_access=True)
    app = allowed(house)
    body = app.tokens(OFFLINE, audience=API)
    for _ in range(2):
        token = app.refresh(body["refresh_token"]).json()["access_token"]
        assert recognised(house, token).grant_id == recognised(house, body["access_token"]).grant_id


def test_the_code_the_family_and_the_token_are_one_write(house: InProcess) -> None:
    """All or nothing: what cannot be written gives no token, and the code is there for another try."""
    house.api(API, token_dialect="opaque", allow_offline_access=True)
    app = allowed(house)
    code, kinds = app.code(OFFLINE, audience=API), []
    real = Storage.write

    async def fails(self: Storage, **what: Any) -> None:
        kinds.append(sorted(type(record).__name__ for record in what["saves"]))
        broken = [replaced(record) if isinstance(record, OpaqueToken) else record for record in what["saves"]]
        await real(self, **{**what, "saves": broken})

    with patch.object(Storage, "write", fails):
        assert app.redeem(code).status >= 500
    assert kinds == [["AuthorizationCode", "OpaqueToken", "TokenFamily"]]
    assert app.families() == []
    assert app.redeem(code).status == 200


def replaced(record: OpaqueToken) -> OpaqueToken:
    """One that no database takes."""
    return replace(record, claims={"broken": "\ud800"})


@pytest.mark.parametrize("end", ["client", "user"])
def test_it_goes_with_its_client_and_its_person(house: InProcess, end: str) -> None:
    house.api(API, token_dialect="opaque")
    app = allowed(house)
    token = app.tokens(["openid", "read"], audience=API)["access_token"]
    path, check = {
        "client": (f"clients/{app.client_id}", "token.client_gone"),
        "user": (f"users/{app.user.user_id}", "token.withdrawn"),
    }[end]
    house.ask("DELETE", path)
    assert check_of(house, token) == check


@pytest.mark.parametrize("name", ["token_status_list", "token_encryption"])
def test_what_an_opaque_token_cannot_have_is_refused(house: InProcess, name: str) -> None:
    """When the API is made, and whichever of the two comes first."""
    opaque = {"token_dialect": "opaque"}
    other: dict[str, Any] = {"token_status_list": True, "token_encryption": encryption_to(recipient())}
    added = {name: other[name]}
    new = {"identifier": "https://new.example/", **opaque, **added}
    one, two = house.api(API, **opaque), house.api("https://two.example/", **added)
    for method, path, body in (
        ("POST", "resource-servers", new),
        ("PATCH", f"resource-servers/{one['id']}", added),
        ("PATCH", f"resource-servers/{two['id']}", opaque),
    ):
        answer = house.call(method, path, body)
        assert (answer.status, "does not go with token_dialect opaque" in answer.text) == (400, True), path
    cleared = {**opaque, name: None if name == "token_encryption" else False}
    assert house.call("PATCH", f"resource-servers/{two['id']}", cleared).status == 200
