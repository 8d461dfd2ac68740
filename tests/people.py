"""People for tests: written straight into the deployment, so that what is about something else costs no hash."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from tallystick.ids import new_user_id
from tallystick.users.passwords import hash_password
from tallystick.users.sessions import Device, Sessions
from tallystick.users.user import User
from tallystick.web.cookies import SESSION
from tests.inprocess import InProcess
from tests.signin import Visitor, visitor

PASSWORD = "correct horse battery staple"  # of people that only tests know


def person(house: InProcess, email: str = "jane@example.org", *, password: str | None = None, **fields: Any) -> User:
    """Somebody with an account; without a password they can be signed in by :func:`signed_in` alone."""
    now_ms = house.clock.now_ms()
    user = User(
        tenant_id=house.tenant.tenant_id,
        user_id=new_user_id(),
        email=email,
        password_hash=None if password is None else hash_password(password),
        created_at_ms=now_ms,
        updated_at_ms=now_ms,
        **fields,
    )
    house.run(house.worker.storage.write(saves=(user,)))
    return replace(user, version=1)


def signed_in(house: InProcess, user: User, amr: Sequence[str] = ("pwd",), browser: Visitor | None = None) -> Visitor:
    """A browser in which somebody signed in just now, without any page having been shown."""
    sessions = Sessions(house.worker.storage, house.worker.handles)
    device = Device(ip="127.0.0.1", user_agent="test")
    begun = house.run(sessions.begin(house.tenant, user, amr, device, house.clock.now_ms()))
    browser = browser or visitor(house)
    browser.cookies[SESSION] = begun.cookie
    return browser
