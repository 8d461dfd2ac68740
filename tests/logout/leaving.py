"""People who are signed in at an application, and what the application then holds."""

from __future__ import annotations

from typing import Any

import msgspec

from tallystick.clients.chosen_algs import ID_TOKEN
from tallystick.tokens.client_algs import signing_alg_of
from tallystick.tokens.id_token import IdTokenOrder, id_token_claims
from tallystick.tokens.subject import Subjects
from tallystick.users.session import Session
from tallystick.users.sessions import Sessions
from tallystick.users.user import User
from tallystick.web.cookies import SESSION
from tests.inprocess import InProcess
from tests.people import person, signed_in
from tests.signin import Visitor

AFTER = "https://app.example/after"


class Leaving(msgspec.Struct, frozen=True, kw_only=True):
    """One person in one browser, signed in at one application."""

    house: InProcess
    browser: Visitor
    user: User
    session_id: str
    client: dict[str, Any]

    @property
    def client_id(self) -> str:
        """The application's."""
        return str(self.client["client_id"])

    def id_token(self, typ: str = "JWT", **claims: Any) -> str:
        """The application's ID token, as the server would issue it; ``claims`` stand in for its own, None takes out."""
        house = self.house
        registered = house.run(house.worker.clients.find(house.tenant.tenant_id, self.client_id))
        assert registered is not None
        client = registered.client
        order = IdTokenOrder(
            tenant=house.tenant,
            client=client,
            subject=Subjects(house.worker.handles).subject_of(house.tenant, client, self.user.user_id),
            auth_time_ms=house.clock.now_ms(),
            session_id=self.session_id,
            amr=["pwd"],
            acr=None,
            nonce="n",
            person={},
            now_ms=house.clock.now_ms(),
        )
        alg = signing_alg_of(registered, ID_TOKEN)
        members = {**id_token_claims(order, alg), **claims}
        encoded = msgspec.json.encode({name: value for name, value in members.items() if value is not None})
        return house.run(house.worker.ring.signer(house.tenant.tenant_id, alg)).sign(encoded, typ)

    @property
    def session(self) -> Session | None:
        """The session as it is now."""
        return self.house.run(self.house.worker.storage.get(Session, self.house.tenant.tenant_id, self.session_id))

    @property
    def is_signed_in(self) -> bool:
        """Whether the browser still opens the person's account, and nobody is asked to sign in."""
        return self.session is not None and self.browser.get("/account").path == "/account"

    def rows(self, type: str) -> list[Any]:
        """Log rows of this type, the newest first."""
        where = {"type": type}
        found = self.house.run(self.house.worker.storage.log_page(self.house.tenant.tenant_id, where=where))
        return [row.event for row in found]


def application(house: InProcess, **fields: Any) -> dict[str, Any]:
    """An application that people can be signed out of."""
    base = {"name": "Shop", "app_type": "regular_web", "callbacks": ["https://app.example/cb"]}
    return house.made("POST", "clients", {**base, "allowed_logout_urls": [AFTER], **fields})


def leaving(house: InProcess, email: str = "jane@example.org", **fields: Any) -> Leaving:
    """Somebody who is signed in at a new application with these ``fields``."""
    user, client = person(house, email), application(house, **fields)
    browser = signed_in(house, user)
    return at(house, browser, user, client)


def at(house: InProcess, browser: Visitor, user: User, client: dict[str, Any]) -> Leaving:
    """The person of this browser, signed in at this application too."""
    sessions, now_ms = Sessions(house.worker.storage, house.worker.handles), house.clock.now_ms()
    session = house.run(sessions.current(house.tenant, browser.cookies[SESSION], now_ms))
    assert session is not None
    house.run(sessions.used_by(house.tenant, session, client["client_id"], now_ms))
    return Leaving(house=house, browser=browser, user=user, session_id=session.id, client=client)
