"""Token and management requests byte by byte as Auth0's SDKs send them, language by language.

Python and Node run for real beside this file; these are the rest, whose packages no test installs.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from urllib.parse import quote_plus, urlencode

import httpx
import pytest

from tests.administrator import Administrator, unique
from tests.application import JWT_BEARER, Application
from tests.patience import settle

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
Parameters = dict[str, str | None]
Sent = tuple[dict[str, str], str]
"""Headers and body."""


def as_json(content_type: str) -> Callable[[Parameters], Sent]:
    return lambda parameters: ({"Content-Type": content_type}, json.dumps(parameters))


def as_form(content_type: str) -> Callable[[Parameters], Sent]:
    return lambda parameters: ({"Content-Type": content_type}, urlencode(parameters))


def as_basic(*kept: str, content_type: str = FORM) -> Callable[[Parameters], Sent]:
    """Id and secret in the header, each encoded (RFC 6749 2.3.1); the members ``kept`` stand in the form too."""

    def send(parameters: Parameters) -> Sent:
        shown = ":".join(quote_plus(str(parameters[name])) for name in ("client_id", "client_secret"))
        headers = {"Content-Type": content_type, "Authorization": f"Basic {b64encode(shown.encode()).decode()}"}
        left = {k: v for k, v in parameters.items() if k not in ("client_id", "client_secret") or k in kept}
        return headers, urlencode(left)

    return send


LANGUAGES: dict[str, Callable[[Parameters], Sent]] = {
    "auth0-java": as_json("application/json; charset=utf-8"),
    "auth0.net": as_form("application/x-www-form-urlencoded"),
    "auth0-ruby": as_json("application/json"),
    "auth0-PHP": as_form("application/x-www-form-urlencoded"),
    "auth0.swift": as_json("application/json; charset=UTF-8"),
    "auth0-python": lambda parameters: as_json(JSON)(parameters | {"organization": None, "scope": None}),
    "node fetch": as_form("application/x-www-form-urlencoded;charset=UTF-8"),
    "go oauth2, first try": as_basic(),
    "go oauth2, second try": as_form(FORM),
    "spring-security": as_basic(content_type="application/x-www-form-urlencoded;charset=UTF-8"),
    "auth0-api-python": as_basic("client_id"),
    "rust reqwest": as_json("application/json"),
    "a snippet of the documentation": as_json("Application/JSON"),
}
BY_ASSERTION = ("auth0-java", "auth0.net", "auth0-PHP", "auth0-python", "go oauth2, second try")


@pytest.fixture(scope="module")
def application(admin: Administrator) -> Application:
    """An application with a secret."""
    made = admin.application()
    settle()
    return made


@pytest.fixture(scope="module")
def signer(admin: Administrator) -> Application:
    """An application with a key."""
    made = admin.key_application("RS256")
    settle()
    return made


def ask(application: Application, language: str, parameters: Parameters) -> httpx.Response:
    headers, body = LANGUAGES[language](parameters)
    telemetry = {"Auth0-Client": "eyJuYW1lIjoidGVzdCJ9", "Accept": JSON}
    return application.http.post("oauth/token", content=body, headers=headers | telemetry)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_token_by_secret(application: Application, language: str) -> None:
    parameters: Parameters = {
        "grant_type": "client_credentials",
        "client_id": application.client_id,
        "client_secret": application.secret,
        "audience": application.audience,
    }
    answer = ask(application, language, parameters)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    # The least that all of them read: a text, a text, a whole number.
    assert (told["token_type"], told["expires_in"], told["scope"]) == ("Bearer", 86400, "read write")
    refused = ask(application, language, parameters | {"client_secret": "wrong"})
    assert refused.status_code == 401
    assert all(isinstance(refused.json()[name], str) for name in ("error", "error_description"))


@pytest.mark.parametrize("language", BY_ASSERTION)
@pytest.mark.parametrize("with_id", [True, False], ids=["with client_id", "without"])
def test_a_token_by_private_key_jwt(signer: Application, language: str, with_id: bool) -> None:
    parameters: Parameters = {
        "grant_type": "client_credentials",
        "audience": signer.audience,
        "client_assertion_type": JWT_BEARER,
        "client_assertion": signer.good_assertion(),
        **({"client_id": signer.client_id} if with_id else {}),
    }
    answer = ask(signer, language, parameters)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=utf-8", "application/json;charset=UTF-8"]
)
def test_management_bodies_and_calls_without_one(admin: Administrator, content_type: str) -> None:
    """Java and .NET name a charset, and a type where there is no content; Ruby sends an object where none is due."""
    headers = {"Authorization": f"Bearer {admin.token}", "Content-Type": content_type}

    def send(method: str, path: str, content: str = "") -> httpx.Response:
        return admin.http.request(method, f"api/v2/{path}", content=content, headers=headers)

    made = send("POST", "clients", json.dumps({"name": unique("Müller"), "app_type": "non_interactive"}))
    assert made.status_code == 201, made.text
    path = f"clients/{made.json()['client_id']}"
    assert made.json()["name"].startswith("Müller")
    assert len(send("POST", f"{path}/rotate-secret").json()["client_secret"]) == 64
    assert send("POST", f"{path}/rotate-secret", "{}").status_code == 200
    assert send("GET", path, "").status_code == 200
    assert send("DELETE", path, "{}").status_code == 204


def test_another_charset_is_still_json(admin: Administrator) -> None:
    """RFC 8259 8.1 and 11: JSON is UTF-8 and has no charset parameter; what stands there changes nothing."""
    headers = {"Authorization": f"Bearer {admin.token}", "Content-Type": "application/json; charset=iso-8859-1"}
    body = json.dumps({"name": unique("Müller")}, ensure_ascii=False).encode("latin-1")
    answer = admin.http.post("api/v2/clients", content=body, headers=headers)
    assert (answer.status_code, answer.json()["errorCode"]) == (400, "invalid_body")
