"""What /authorize leaves behind when a person allowed something: a session and a code, written straight in."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import msgspec

from tallystick.authorization.code import CODE_KEPT_MS, AuthorizationCode, code_hash_of
from tallystick.handles import HandleHasher, new_handle
from tallystick.profiles import CODE_LIFE_MS
from tallystick.tokens.family import TokenFamily
from tallystick.users.session import Session
from tallystick.users.sessions import Device, Sessions
from tallystick.users.user import User
from tests.inprocess import FORM, Answered, InProcess
from tests.people import person

CALLBACK = "https://app.example/callback"
VERIFIER = "v" * 43
OPENID = ["openid", "profile", "email"]


def challenge_of(verifier: str) -> str:
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def code_row(
    handles: HandleHasher, client_id: str, session: Session, now_ms: int, **fields: Any
) -> tuple[str, AuthorizationCode]:
    """A fresh code, and what the database keeps of it."""
    code = new_handle()
    row = {
        "tenant_id": session.tenant_id,
        "code_hash": code_hash_of(handles, session.tenant_id, code),
        "client_id": client_id,
        "user_id": session.user_id,
        "session_id": session.id,
        "redirect_uri": CALLBACK,
        "redirect_uri_sent": True,
        "audience": None,
        "scope": OPENID,
        "amr": ["pwd"],
        "auth_time_ms": session.authenticated_at_ms,
        "created_at_ms": now_ms,
        "expires_at_ms": now_ms + CODE_LIFE_MS,
        "purge_at_ms": now_ms + CODE_LIFE_MS + CODE_KEPT_MS,
    }
    return code, AuthorizationCode(**{**row, **fields})


class Allowed(msgspec.Struct, frozen=True, kw_only=True):
    """One person with a session, and an application that they use."""

    house: InProcess
    client: dict[str, Any]
    user: User
    session: Session

    @property
    def client_id(self) -> str:
        return str(self.client["client_id"])

    @property
    def proof(self) -> dict[str, Any]:
        """What the application authenticates with."""
        secret = self.client.get("client_secret")
        return {"client_id": self.client_id, **({"client_secret": secret} if secret else {})}

    def code(self, scope: list[str] | None = None, **fields: Any) -> str:
        """A fresh code, as /authorize keeps it; a public client's with the challenge of :data:`VERIFIER`."""
        house, challenge = self.house, None if "client_secret" in self.proof else challenge_of(VERIFIER)
        about = {"scope": OPENID if scope is None else scope, "code_challenge": challenge, **fields}
        now_ms = house.clock.now_ms()
        code, row = code_row(house.worker.handles, self.client_id, self.session, now_ms, **about)
        house.run(house.worker.storage.write(saves=(row,)))
        return code

    def redeem(self, code: str, certificates: tuple[bytes, ...] = (), **form: Any) -> Answered:
        """The redemption, with what an honest application sends unless the test says otherwise."""
        honest: dict[str, Any] = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, **self.proof}
        if "client_secret" not in self.proof:
            honest["code_verifier"] = VERIFIER
        return self.house.token(certificates, **{**honest, "code": code, **form})

    def tokens(self, scope: list[str] | None = None, **fields: Any) -> dict[str, Any]:
        """What a fresh code gives."""
        answer = self.redeem(self.code(scope, **fields))
        assert answer.status == 200, answer
        body: dict[str, Any] = answer.json()
        return body

    def refresh(self, refresh_token: str, certificates: tuple[bytes, ...] = (), **form: Any) -> Answered:
        """An exchange."""
        honest = {"grant_type": "refresh_token", **self.proof, "refresh_token": refresh_token}
        return self.house.token(certificates, **{**honest, **form})

    def userinfo(self, access_token: str, certificates: tuple[bytes, ...] = ()) -> Answered:
        headers = {b"authorization": f"Bearer {access_token}".encode()}
        return self.house.request("GET", "/userinfo", headers=headers, certificates=certificates)

    def revoke(self, token: str, **form: Any) -> Answered:
        sent = {name: value for name, value in {**self.proof, "token": token, **form}.items() if value is not None}
        return self.house.request("POST", "/oauth/revoke", urlencode(sent).encode(), {b"content-type": FORM})

    def families(self) -> list[TokenFamily]:
        house = self.house
        where = {"client_id": self.client_id}
        return house.run(house.worker.storage.find(TokenFamily, house.tenant.tenant_id, where=where))


def allowed(house: InProcess, user: User | None = None, **fields: Any) -> Allowed:
    """A person with every kind of claim, and an application of theirs."""
    user = user or person(house, email_verified=True, metadata={"name": "Jane Doe", "nickname": "jane"})
    base = {"name": "app", "app_type": "regular_web", "callbacks": [CALLBACK]}
    grants = ["authorization_code", "refresh_token"]
    client = house.made("POST", "clients", {**base, "grant_types": grants, **fields})
    device = Device(ip="127.0.0.1", user_agent="test")
    sessions = Sessions(house.worker.storage, house.worker.handles)
    session = house.run(sessions.begin(house.tenant, user, ["pwd"], device, house.clock.now_ms())).session
    return Allowed(house=house, client=client, user=user, session=session)


PUBLIC: dict[str, Any] = {"app_type": "spa", "token_endpoint_auth_method": "none"}
"""Fields of an application that proves nothing."""
ROTATING: dict[str, Any] = {
    "rotation_type": "rotating",
    "expiration_type": "expiring",
    "leeway": 0,
    "token_lifetime": 2_592_000,
    "idle_token_lifetime": 1_296_000,
}
