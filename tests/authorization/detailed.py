"""Applications that ask for something in detail (RFC 9396), in a request that is pushed."""

from __future__ import annotations

from typing import Any

import msgspec

from tests.authorization.asking import Asking, check_of
from tests.authorization.pushing import push, pushed, visit
from tests.inprocess import InProcess
from tests.signin import Stop

API = "https://bank.example/"
PAYMENT: dict[str, Any] = {
    "type": "payment",
    "instructedAmount": {"currency": "EUR", "amount": "12.30"},
    "creditor": {"name": "Café <b>Zoë</b>", "accounts": [{"iban": "DE02120300000000202051"}]},
    "isUrgent": True,
}
SCHEMA = {
    "required": ["instructedAmount"],
    "properties": {
        "instructedAmount": {
            "required": ["currency", "amount"],
            "properties": {"amount": {"type": "string", "pattern": "^[0-9]{1,9}\\.[0-9]{2}$"}},
        },
        "creditor": {"properties": {"accounts": {"items": {"properties": {"iban": {"title": "Account"}}}}}},
    },
}
TYPES = [{"type": "payment", "schema": SCHEMA, "description": "Pay once from your account"}, {"type": "account"}]


def bank(house: InProcess, **fields: Any) -> dict[str, Any]:
    """An API with types of its own."""
    more = {"name": "Example Bank", "authorization_details": TYPES, "allow_offline_access": True}
    return house.api(API, **{**more, **fields})


def text(*details: Any) -> str:
    """The parameter."""
    return msgspec.json.encode(details).decode()


def ask(app: Asking, *details: Any, **parameters: Any) -> Stop:
    """Push a request for these details, and send the browser for it."""
    return visit(app, pushed(app, **_asked(details, parameters)))


def refused(app: Asking, check: str, *details: Any, **parameters: Any) -> dict[str, Any]:
    """The same, which must be refused as it is pushed, for this reason; what its client hears."""
    answer = push(app, **_asked(details, parameters))
    assert (answer.status, answer.json()["error"]) == (400, "invalid_authorization_details"), answer.content
    assert check_of(app.house) == f"authorize.{check}"
    body: dict[str, Any] = answer.json()
    return body


def _asked(details: tuple[Any, ...], parameters: dict[str, Any]) -> dict[str, Any]:
    # A confidential client may do without PKCE, and so each test without its verifier.
    plain = {"audience": API, "code_challenge": None, "code_challenge_method": None}
    return {**plain, "authorization_details": text(*details) if details else None, **parameters}
