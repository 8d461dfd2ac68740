"""The server under test, by whichever door: in this process, with a clock that the test moves, or over TLS."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cached_property
from typing import Any, cast

import msgspec
from joserfc.jwk import KeySet

from tallystick.users.user import DATABASE_CONNECTION, User
from tests.administrator import Administrator, Json, unique
from tests.certificate_mill import Holder
from tests.clientauth.evidence import der
from tests.inprocess import InProcess
from tests.people import PASSWORD, person
from tests.server import Server
from tests.signin import Reply, Visitor, visitor, visitor_at

JSON = "application/json"
EVERY_CLAIM: dict[str, Any] = {
    "name": "Jane Q. Doe",
    "given_name": "Jane",
    "middle_name": "Q.",
    "family_name": "Doe",
    "nickname": "jane",
    "preferred_username": "jane.doe",
    "profile": "https://people.example/jane",
    "picture": "https://people.example/jane.png",
    "website": "https://jane.example/",
    "gender": "female",
    "birthdate": "1990-04-01",
    "zoneinfo": "Europe/Paris",
    "locale": "en-GB",
    "phone_number": "+4930123456",
    "phone_verified": True,
    "address": {"street_address": "1 Tally Street", "locality": "London", "country": "UK"},
    "email_verified": True,
}
"""As the suite wants its test person: with every standard claim."""


class Provider(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What a relying party and its tester know of the server."""

    issuer: str
    browser: Callable[[], Visitor]
    """A browser without cookies."""
    connection: Callable[[Holder | None], Visitor]
    """What a program opens; it shows this certificate, or none."""
    now_s: Callable[[], int]
    wait: Callable[[float], None]
    """Lets seconds pass."""
    made: Callable[[str, str, Any], Json]
    """A call of the Management API that makes something."""
    person: Callable[[], str]
    """Makes somebody with :data:`EVERY_CLAIM` and a password of the tests; their e-mail address."""

    def fetch(self, url: str, token: str = "") -> Reply:
        """GET, as a program does it."""
        return self.browser().get(url, {"authorization": f"Bearer {token}"} if token else {}).reply

    def post(self, url: str, fields: dict[str, str], headers: dict[str, str] | None = None) -> Reply:
        """POST of a form, as a program does it."""
        return self.browser().post(url, fields, headers).reply

    @cached_property
    def metadata(self) -> Json:
        """The discovery document."""
        return as_json(self.fetch(f"{self.issuer}.well-known/openid-configuration"))

    @cached_property
    def jwks(self) -> Json:
        """The published keys."""
        return as_json(self.fetch(self.metadata["jwks_uri"]))

    @property
    def keys(self) -> KeySet:
        """The same, for joserfc."""
        return KeySet.import_key_set(cast("Any", self.jwks))


def as_json(reply: Reply, status: int = 200) -> Json:
    """The object of a JSON answer."""
    assert (reply.status, reply.header("content-type").partition(";")[0]) == (status, JSON), reply
    return msgspec.json.decode(reply.text, type=dict[str, Any])


def jane(house: InProcess) -> User:
    """Somebody in it with :data:`EVERY_CLAIM`."""
    profile = {name: value for name, value in EVERY_CLAIM.items() if name != "email_verified"}
    email = f"{unique('jane')}@suite.example"
    return person(house, email, password=PASSWORD, email_verified=True, metadata=profile)


def in_house(house: InProcess) -> Provider:
    """A deployment in this process."""
    return Provider(
        issuer=house.issuer,
        browser=lambda: visitor(house),
        connection=lambda holder: visitor(house, (der(holder),) if holder is not None else ()),
        now_s=lambda: house.clock.now_ms() // 1000,
        wait=house.clock.advance,
        made=house.made,
        person=lambda: jane(house).email,
    )


def at_server(server: Server, admin: Administrator) -> Provider:
    """A real server. Nobody waits for it."""

    def wait(seconds: float) -> None:
        raise AssertionError(f"run on a clock that can be moved: {seconds} s")

    def somebody() -> str:
        account = {"connection": DATABASE_CONNECTION, "email": f"{unique('jane')}@suite.example", "password": PASSWORD}
        return str(admin.made("POST", "users", {**account, **EVERY_CLAIM})["email"])

    return Provider(
        issuer=server.issuer,
        browser=lambda: visitor_at(server),
        connection=lambda holder: visitor_at(server, holder.files(server.data.parent) if holder is not None else None),
        now_s=lambda: int(time.time()),
        wait=wait,
        made=admin.made,
        person=somebody,
    )
