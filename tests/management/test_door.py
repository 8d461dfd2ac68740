"""Who may come in, what a request must look like, and how refusals are told (auth0.md 4.1)."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tallystick.errors import Unavailable
from tallystick.events import EventType
from tallystick.records import Stale
from tallystick.tenants.hosts import HostDirectory
from tests.inprocess import InProcess

from .conftest import Api, Management

BEARER = ("Authorization", "Bearer *")
JSON = ("Content-Type", "application/json")


def problem(response: Any) -> tuple[int, str, str | None]:
    body = response.json()
    assert body["statusCode"] == response.status_code
    assert body["correlation_id"] == response.headers["x-correlation-id"]
    return response.status_code, body["message"], body.get("errorCode")


def test_without_a_token_authentication_is_missing(api: Api) -> None:
    response = api("GET", "/clients", headers=[])
    assert problem(response) == (401, "Missing authentication", None)
    told = 'resource_metadata="https://id.example/.well-known/oauth-protected-resource/api/v2/"'
    # RFC 9449 7.1, RFC 9728 5.1: neither scheme says anything of an error.
    assert response.headers["www-authenticate"].startswith(f"Bearer {told}, DPoP {told}, algs=")
    assert response.json()["error"] == "Unauthorized"


@pytest.mark.parametrize(
    "headers",
    [
        [("Authorization", "Basic Zm9vOmJhcg==")],
        [("Authorization", "Bearer")],
        [("Authorization", "Bearer ")],
        [("Authorization", "Bearer a b")],
        [BEARER, BEARER],
        [("Authorization", "*")],
    ],
)
def test_anything_but_one_bearer_token_is_refused(api: Api, headers: Any) -> None:
    assert problem(api("GET", "/clients", headers=headers)) == (400, "Bad HTTP authentication header format", "Bearer")


def test_a_bad_token_is_invalid(api: Api) -> None:
    response = api("GET", "/clients", scope="bad")
    assert problem(response) == (401, "Invalid token", "invalid_token")
    assert 'error="invalid_token"' in response.headers["www-authenticate"]


def test_the_audience_is_the_management_api_of_the_tenant(api: Api, management: Management) -> None:
    api("GET", "/clients", expect=200)
    assert management.inspector.asked_audience == "https://id.example/api/v2/"


def test_missing_scope_is_told_in_the_words_tools_look_for(api: Api) -> None:
    response = api("GET", "/clients", scope="read:nothing")
    assert problem(response) == (
        403,
        "Insufficient scope, expected any of: "
        "read:clients,read:client_keys,read:client_credentials,read:client_summary",
        "insufficient_scope",
    )


@pytest.mark.parametrize("path", ["/nothing", "/clients/", "/clients/a/b/c/d", "", "/", "//clients"])
def test_unknown_paths_do_not_exist(api: Api, path: str) -> None:
    assert problem(api("GET", path))[0] == 404


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/organizations?include_totals=true&take=50", "read:organizations"),
        ("GET", "/keys/encryption", "read:encryption_keys"),
        ("PATCH", "/branding/themes/default", "update:branding"),
        ("GET", "/emails/provider", "read:email_provider"),
    ],
)
def test_what_auth0_has_and_we_do_not_answers_like_a_missing_scope(
    api: Api, method: str, path: str, scope: str
) -> None:
    expected = (403, f"Insufficient scope, expected any of: {scope}", "insufficient_scope")
    assert problem(api(method, path)) == expected


def test_a_known_path_with_another_method_names_those_allowed(api: Api) -> None:
    response = api("PUT", "/clients/abc")
    assert response.status_code == 405
    assert response.headers["allow"] == "DELETE, GET, PATCH"


@pytest.mark.parametrize(("method", "status"), [("GET", 405), ("OPTIONS", 405), ("POST", 201)])
def test_a_literal_path_is_no_parameter_whatever_the_method(house: InProcess, method: str, status: int) -> None:
    answer = house.call(method, "keys/signing/rotate")
    assert (answer.status, answer.headers.get("allow")) == (status, "POST" if status == 405 else None)


def test_a_silent_database_is_told_in_the_form_of_this_api(house: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(_self: object, _host: str) -> None:
        raise Unavailable("the database does not answer")

    monkeypatch.setattr(HostDirectory, "tenant_of", silent)
    answer = house.request("GET", "/api/v2/clients")
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["statusCode"] == 503
    assert answer.json()["errorCode"] == "service_unavailable"


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b'{"name": "a", "name": "b"}',
        b'{"name": "a", "client_metadata": {"k": "1", "k": "2"}}',
        b'{"name": NaN}',
        b'{"name": "a", "par_request_expiry": Infinity}',
        b'{"name": "a", "par_request_expiry": 1e999}',
        b'{"name": "a", "par_request_expiry": 99999999999999999999999999}',
        b'{"name": "a", "description": "\\u0000"}',
        b'{"name": "a", "client_metadata": {"\\u0000": "x"}}',
        b'{"name": "a", "description": "\\ud800"}',
        b'{"name": "\xff"}',
        b'{"name": "a"} {}',
        b'{"name": "' + b"\\" + b'"}',
        b'{"addons": ' + b'{"a":' * 40 + b"1" + b"}" * 40 + b"}",
        b"[" * 30_000,
        b'{"name": ' + b"9" * 5_000 + b"}",
    ],
)
def test_malformed_bodies_are_refused(api: Api, content: bytes) -> None:
    status, message, code = problem(api("POST", "/clients", content=content))
    assert (status, code) == (400, "invalid_body")
    assert message.startswith("Payload validation error: '")


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
def test_a_body_that_is_not_declared_json_is_refused(api: Api, content_type: str | None) -> None:
    headers = [BEARER, *([("Content-Type", content_type)] if content_type else [])]
    assert problem(api("POST", "/clients", content=b'{"name":"a"}', headers=headers))[0] == 415


def test_json_with_a_charset_is_json(api: Api) -> None:
    headers = [BEARER, ("Content-Type", "Application/JSON; charset=utf-8")]
    assert api("POST", "/clients", content=b'{"name":"a"}', headers=headers).status_code == 201


def test_a_body_over_the_limit_is_too_large(api: Api) -> None:
    response = api("POST", "/clients", {"name": "a", "custom_login_page": "x" * 70_000})
    assert problem(response)[0] == 413


def test_a_field_that_is_not_acceptable_is_told_by_its_path(api: Api) -> None:
    response = api("POST", "/clients", {"name": "a", "jwt_configuration": {"alg": "HS256"}})
    status, message, code = problem(response)
    assert (status, code) == (400, "invalid_body")
    assert re.fullmatch(
        r"Payload validation error: 'Invalid enum value 'HS256'' on property jwt_configuration\.alg \(How .*\)\.",
        message,
    )


@pytest.mark.parametrize(
    "query",
    ["page=0&page=1", "unknown=1", "page=-1", "page=x", "per_page=101", "take=0", "include_totals=yes", "from=abc",
     "is_global=1", "app_type=nothing", "fields=a%00b", "fields=%ff", "q=name:x",
     "&".join(f"a{n}=1" for n in range(40))],
)  # fmt: skip
def test_bad_queries_are_refused(api: Api, query: str) -> None:
    status, message, code = problem(api("GET", f"/clients?{query}"))
    assert (status, code) == (400, "invalid_query_string")
    assert message.startswith("Query validation error: '")


@pytest.mark.parametrize(
    ("id", "status"),
    [("x" * 2_000, 400), ("%00", 400), ("a%0d%0aSet-Cookie:x", 400), ("%ff", 400), ("%ED%A0%80", 400),
     ("..%2f..%2fetc", 404), ("a'%20OR%201=1--", 404), ("%F0%9F%92%A5", 404), ("null", 404)],
)  # fmt: skip
def test_absurd_ids_are_refused_and_never_break_anything(api: Api, id: str, status: int) -> None:
    for method in ("GET", "PATCH", "POST"):
        path = f"/clients/{id}/credentials" if method == "POST" else f"/clients/{id}"
        body = {"PATCH": {}, "POST": {"credential_type": "client_secret"}}.get(method)
        assert api(method, path, body).status_code == status


def test_a_failed_write_is_a_row_of_the_log(api: Api, management: Management) -> None:
    response = api("POST", "/clients", {"name": "a", "callbacks": ["javascript:alert(1)"]})
    event = management.records.events[-1]
    assert event.type == EventType.MANAGEMENT_FAILED
    assert (event.client_id, event.correlation_id) == ("manager", response.headers["x-correlation-id"])
    assert event.details == {
        "check": "client.callback",
        "request": {"method": "POST", "path": "/api/v2/clients"},
        "response": {"statusCode": 400, "body": {"errorCode": "invalid_body"}},
    }


@pytest.mark.parametrize(
    ("method", "path", "scope", "check"),
    [
        ("POST", "/clients", "x", "insufficient_scope"),
        ("GET", "/clients", "x", "insufficient_scope"),
        ("GET", "/clients/none", "*", "exists"),
        ("GET", "/clients?x=1", "*", "query.unknown"),
        ("GET", "/nowhere", "*", "route.path"),
        ("GET", "/organizations", "*", "insufficient_scope"),
        ("PUT", "/clients", "*", "method_not_allowed"),
    ],
)
def test_every_refusal_leads_to_a_row_of_the_log(
    api: Api, management: Management, method: str, path: str, scope: str, check: str
) -> None:
    """A correlation id that leads nowhere helps nobody, whether it was a write or a read that was refused."""
    response = api(method, path, scope=scope)
    assert 400 <= response.status_code < 500
    (event,) = management.records.events
    assert (event.type, event.details["check"]) == ("fapi", check)
    assert event.correlation_id == response.headers["x-correlation-id"] == response.json()["correlation_id"]
    assert event.details["response"]["statusCode"] == response.status_code


def test_the_log_tells_the_call_behind_a_change_and_how_it_was_answered(api: Api, management: Management) -> None:
    client = api.new_client()
    path = f"/clients/{client['client_id']}"
    calls = [("PATCH", path, {"name": "b"}), ("POST", f"{path}/rotate-secret", {}), ("DELETE", path, None)]
    statuses = [201, *(api(*call).status_code for call in calls)]
    told = [event.details for event in management.records.events]
    assert [details["response"] for details in told] == [{"statusCode": status} for status in statuses]
    assert [(details["request"]["method"], details["request"]["path"]) for details in told] == [
        ("POST", "/api/v2/clients"),
        *((method, f"/api/v2{path}") for method, path, _ in calls),
    ]


def test_an_unforeseen_error_tells_nothing_but_its_id(api: Api, management: Management) -> None:
    async def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("the database password is hunter2")

    management.records.find = broken  # type: ignore[method-assign]  # the point of the test
    response = api("GET", "/clients")
    assert problem(response) == (500, "An internal error occurred", "internal_error")
    assert "hunter2" not in response.text


@pytest.mark.parametrize("error", [Unavailable("no database"), Stale("lost")])
def test_a_silent_database_means_come_back_later(api: Api, management: Management, error: Exception) -> None:
    async def silent(*_: Any, **__: Any) -> Any:
        raise error

    management.records.find = silent  # type: ignore[method-assign]  # the point of the test
    response = api("GET", "/clients")
    assert problem(response)[0] == 503
    assert response.headers["retry-after"] == "1"


def test_answers_are_not_stored(api: Api) -> None:
    assert api("GET", "/clients").headers["cache-control"] == "no-store"
