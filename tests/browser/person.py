"""People as the tests play them."""

from __future__ import annotations

from dataclasses import dataclass

from tests.administrator import Administrator, unique

PASSWORD = "Correct-Horse-7-Battery"


@dataclass
class Person:
    """One account and its password."""

    user_id: str
    email: str
    password: str = PASSWORD


def new_person(admin: Administrator, **fields: object) -> Person:
    """A fresh account, made by the administrator."""
    email = f"{unique('ada')}@example.org"
    body = {
        "connection": "Username-Password-Authentication",
        "email": email,
        "password": PASSWORD,
        "email_verified": True,
        **fields,
    }
    return Person(admin.made("POST", "users", body)["user_id"], email)
