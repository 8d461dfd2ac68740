"""What clients need that sign people in: an application, and somebody who goes where it sends them."""

from __future__ import annotations

from typing import Any

from tests.administrator import Administrator, Json, unique
from tests.browser.person import Person
from tests.signin import Visitor

CALLBACK = "https://app.example/callback"
BYE = "https://app.example/bye"
REFRESHING = ["authorization_code", "refresh_token"]


def web_application(admin: Administrator, **fields: Any) -> Json:
    """A first-party web application with a secret."""
    base = {
        "name": unique("web"),
        "app_type": "regular_web",
        "grant_types": REFRESHING,
        "callbacks": [CALLBACK],
        "allowed_logout_urls": [BYE],
        **fields,
    }
    return admin.made("POST", "clients", base)


def sign_in(visitor: Visitor, url: str, person: Person) -> str:
    """Follow the application's link and sign in; where the application is called back."""
    page = visitor.get(url)
    assert page.path == "/u/login", page.error or page.location
    return page.press("sign-in", username=person.email, password=person.password).location
