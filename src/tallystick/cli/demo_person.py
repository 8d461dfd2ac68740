"""The demo's person: made once, with a new password at every use that nobody gets to see; and how they sign in."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from .demo_browser import Browser, Listener
from .demo_token import EVERYWHERE_S, PAUSE_S
from .exits import Failed
from .remote import Remote

EMAIL = "demo@tallystick.example"
CONNECTION = "Username-Password-Authentication"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can sign in."""

    user_id: str
    password: str = field(repr=False)


def the_person(remote: Remote) -> Person:
    """The demo's person, with a fresh password."""
    password = secrets.token_urlsafe(24)
    found = remote.manage("GET", "users-by-email", query={"email": EMAIL})
    if found:
        body = {"connection": CONNECTION, "password": password}
        remote.manage("PATCH", "users", found[0]["user_id"], body=body)
        return Person(found[0]["user_id"], password)
    new = {"connection": CONNECTION, "email": EMAIL, "email_verified": True, "name": "Demo", "password": password}
    made: dict[str, Any] = remote.manage("POST", "users", body=new)
    return Person(made["user_id"], password)


def answer_to(url: str, browser: Browser, listener: Listener, person: Person) -> dict[str, str]:
    """What came to the listener when the person opened the URL and signed in; Failed when nothing did."""
    page = browser.open(url)
    deadline_s = time.monotonic() + EVERYWHERE_S
    while page.is_error and time.monotonic() < deadline_s:  # until every worker can know the application
        time.sleep(PAUSE_S)
        page = browser.open(url)
    ended = browser.press(page, "sign-in", username=EMAIL, password=person.password)
    if not listener.answer:
        hint = "a tenant that demands a second factor, say, asks for more than the demo's person has"
        raise Failed(f"the sign-in ended at {ended.url.path} (HTTP {ended.status_code})", hint=hint)
    return dict(listener.answer)
