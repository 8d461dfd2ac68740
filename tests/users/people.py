"""People in a deployment of the test's own: made, and asked for their passwords."""

from __future__ import annotations

from typing import Any

from tallystick.app.people import People
from tallystick.events import Event
from tallystick.tenants.tenant import Tenant
from tallystick.users.facts import RequestFacts
from tallystick.users.password_check import SignInRefused
from tallystick.users.user import DATABASE_CONNECTION, User
from tests.inprocess import InProcess

PASSWORD = "correct horse battery staple"


class Town:
    """The people of the first tenant."""

    def __init__(self, house: InProcess) -> None:
        self.house = house
        self.worker = house.opened._worker
        self.people: People = self.worker.people
        (self.tenant,) = house.run(self.worker.storage.find(Tenant, None))

    def log(self, description: str, **details: Any) -> Event:
        """A row as a door makes it."""
        return self.facts().event("sapi", description, **details)

    def facts(self, ip: str = "203.0.113.9") -> RequestFacts:
        """A request from an address."""
        return RequestFacts(tenant=self.tenant, now_ms=self.house.clock.now_ms(), correlation_id="c", ip=ip)

    def person(self, email: str = "ann@example.com", **more: Any) -> User:
        """Somebody with a password."""
        body = {"connection": DATABASE_CONNECTION, "email": email, "password": PASSWORD, **more}
        body = {name: value for name, value in body.items() if value is not None}
        return self.house.run(self.people.accounts.create(self.tenant, body, self.house.clock.now_ms(), self.log))

    def enter(self, identifier: str, password: str = PASSWORD, ip: str = "203.0.113.9") -> User:
        """A sign-in by password."""
        return self.house.run(self.people.password_check.check(self.facts(ip), identifier, password))

    def told(self, identifier: str, password: str = PASSWORD, ip: str = "203.0.113.9") -> str:
        """What a sign-in says: ``in``, or why not."""
        try:
            self.enter(identifier, password, ip)
        except SignInRefused as refused:
            return refused.told
        return "in"

    def protect(self, protection: str, **members: Any) -> None:
        """Set an attack protection otherwise."""
        self.house.ask("PATCH", f"attack-protection/{protection}", members)

    def rows(self, *types: str) -> list[dict[str, Any]]:
        """Rows of the log with these types, the newest first."""
        query = " OR ".join(f"type:{type}" for type in types)
        found: list[dict[str, Any]] = self.house.ask("GET", f"logs?q={query.replace(' ', '%20')}")
        return found
