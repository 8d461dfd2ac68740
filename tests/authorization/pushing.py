"""Applications that push their request (RFC 9126) before they send a browser for it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from tests.authorization.asking import CHALLENGE, Asking
from tests.inprocess import FORM, Answered
from tests.signin import Stop, Visitor

PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}


def proof_of(app: Asking) -> dict[str, Any]:
    """What an application with a secret proves itself with."""
    return {"client_secret": app.client.get("client_secret")}


def post(app: Asking, form: dict[str, Any], headers: dict[bytes, bytes] | None = None, **options: Any) -> Answered:
    """This form at `/oauth/par`; None leaves a parameter out."""
    content = urlencode({name: value for name, value in form.items() if value is not None}).encode()
    return app.house.request("POST", "/oauth/par", content, {b"content-type": FORM, **(headers or {})}, **options)


def push(app: Asking, **parameters: Any) -> Answered:
    """A plain request, with changes, pushed by secret."""
    return post(app, {**app.parameters(), **PKCE, **proof_of(app), **parameters})


def pushed(app: Asking, **parameters: Any) -> str:
    """The same, which must be taken; its ``request_uri``."""
    answer = push(app, **parameters)
    assert answer.status == 201, answer.content
    return str(answer.json()["request_uri"])


def refused(answer: Answered, error: str, status: int = 400) -> None:
    """Assert that a push was refused, to the client alone."""
    assert (answer.status, answer.json()["error"]) == (status, error), answer.content
    assert answer.headers["cache-control"] == "no-store"
    assert "location" not in answer.headers


def visit(app: Asking, request_uri: str, browser: Visitor | None = None, **beside: Any) -> Stop:
    """A browser comes for it, with whatever stands beside in the URL."""
    query = {"client_id": app.client["client_id"], "request_uri": request_uri, **beside}
    return (browser or app.browser).get(f"/authorize?{urlencode(query)}")


def turned_away(stop: Stop, error: str = "invalid_request_uri") -> None:
    """Assert that nobody was sent anywhere."""
    assert (stop.status, stop.location) == (400, "")
    assert error in stop.error
