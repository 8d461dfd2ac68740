"""Access tokens that say much: whatever is issued is known again at every door, and what would not be is not issued.

RFC 7009 2.2 has 200 also for a token that the server does not know: a revocation that is not one would go unnoticed.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.endpoints.introspecting import API, Asking, gateway
from tests.inprocess import FORM, Answered, InProcess
from tests.recipient import recipient
from tests.tokens.status_reader import status_of
from tests.tokens.test_encrypted_access_tokens import encryption_to

SCOPE_CHARS = 50


def scopes(count: int) -> list[str]:
    return [f"{number:0{SCOPE_CHARS}}" for number in range(count)]


def api(house: InProcess, scope_count: int = 2, **fields: Any) -> None:
    defined = [{"value": scope} for scope in scopes(scope_count)]
    house.api(API, scopes=defined, authorization_details=[{"type": "x"}], **fields)


def robot(house: InProcess, scope_count: int = 2) -> Asking:
    """An application with every scope, and details of the type."""
    client = house.made("POST", "clients", {"name": "robot", "app_type": "non_interactive"})
    grant = {"client_id": client["client_id"], "audience": API, "authorization_details_types": ["x"]}
    house.ask("POST", "client-grants", {**grant, "scope": scopes(scope_count)})
    return Asking(house=house, client=client)


def asked(app: Asking, **form: Any) -> Answered:
    proof = {name: app.client[name] for name in ("client_id", "client_secret")}
    return app.house.token(**proof, audience=API, **form)


def revoke(app: Asking, token: str) -> Answered:
    form = {**{name: app.client[name] for name in ("client_id", "client_secret")}, "token": token}
    return app.house.request("POST", "/oauth/revoke", urlencode(form).encode(), {b"content-type": FORM})


def details() -> str:
    """As many members as five kilobytes hold, within every bound of a request."""
    objects = [{"type": "x", **{f"m{at}": {f"{key}": 0 for key in range(10)} for at in range(9)}} for _ in range(5)]
    return json.dumps(objects, separators=(",", ":"))


@pytest.mark.parametrize(
    ("scope_count", "form"),
    [
        pytest.param(500, {}, id="scopes"),
        pytest.param(2, {"authorization_details": details()}, id="members"),
    ],
)
def test_what_is_issued_is_introspected_and_revoked(house: InProcess, scope_count: int, form: dict[str, Any]) -> None:
    api(house, scope_count, token_status_list=True)
    app, api_of = robot(house, scope_count), gateway(house)
    token = asked(app, **form).json()["access_token"]
    assert [one.told(token)["active"] for one in (app, api_of)] == [True, True]
    assert status_of(house, token) == 0
    assert revoke(app, token).status == 200
    house.clock.advance(1)
    assert status_of(house, token) == 1
    assert [one.told(token) for one in (app, api_of)] == [{"active": False}] * 2


@pytest.mark.parametrize("is_encrypted", [False, True])
def test_what_no_request_could_hold_is_not_issued(house: InProcess, is_encrypted: bool) -> None:
    """Encrypted it is a third larger."""
    most = 500 if is_encrypted else 710
    fields = {"token_encryption": encryption_to(recipient("RSA-OAEP-256"))} if is_encrypted else {}
    api(house, 720, **fields)
    app = robot(house, 720)
    answer = asked(app, scope=" ".join(scopes(720)))
    assert (answer.status, answer.json()["error"]) == (400, "invalid_request")
    assert house.ask("GET", "logs")[0]["details"]["check"] == "issue.size"
    fits = asked(app, scope=" ".join(scopes(most))).json()["access_token"]
    assert 40_000 < len(fits) <= 49_152
    assert revoke(app, fits).status == (400 if is_encrypted else 200)


def test_what_is_all_brackets_is_not_issued(house: InProcess) -> None:
    """No reader of JSON here lets a stranger show it so many, whoever signed them."""
    api(house)
    app = robot(house)
    brackets = ["[" * 250] * 4 + ["[" * 21]
    answer = asked(app, authorization_details=json.dumps([{"type": "x", "a": brackets}]))
    assert answer.json()["error"] == "invalid_request"
    assert house.ask("GET", "logs")[0]["details"]["check"] == "issue.size"
    fewer = asked(app, authorization_details=json.dumps([{"type": "x", "a": brackets[:4]}])).json()
    assert app.told(fewer["access_token"])["active"]
