"""Rules that every call keeps, whichever resource it belongs to: walked over the table, on the whole application."""

from __future__ import annotations

import re

import msgspec
import pytest

from tallystick.management.call import Route
from tallystick.management.not_offered import not_offered
from tests.inprocess import Answered, InProcess

from .test_openapi import DOCUMENT, ROUTES

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY")


def sent(untouched: InProcess, route: Route, token: str | None, query: str = "") -> Answered:
    """A call with another authorization, and no body."""
    path = "/api/v2" + re.sub(r"\{\w+\}", "nothing", route.path) + query
    headers = {} if token is None else {b"authorization": f"Bearer {token}".encode()}
    return untouched.request(route.method, path, b"", headers)


def documented(route: Route, answer: Answered) -> bool:
    return str(answer.status) in DOCUMENT["paths"][route.path][route.method.lower()]["responses"]


@pytest.mark.parametrize("token", [None, "nonsense", "a.b.c"])
def test_no_call_is_answered_without_a_good_token(untouched: InProcess, token: str | None) -> None:
    for route in ROUTES:
        answer = sent(untouched, route, token)
        assert answer.status == 401, route
        assert answer.headers["www-authenticate"].startswith("Bearer"), route
        assert documented(route, answer)


def test_no_call_is_answered_without_one_of_its_scopes(untouched: InProcess) -> None:
    audience = untouched.bootstrap["management"]["audience"]
    for route in ROUTES:
        # Every scope but those of the row: a call that asked for another one would be answered.
        others = sorted({scope for other in ROUTES for scope in other.scopes} - set(route.scopes))
        client = untouched.client(audience, others)
        token = untouched.token(
            client_id=client["client_id"], client_secret=client["client_secret"], audience=audience
        ).json()["access_token"]
        answer = sent(untouched, route, token)
        assert (answer.status, answer.json()["errorCode"]) == (403, "insufficient_scope"), route
        assert documented(route, answer)


def test_another_method_names_exactly_those_of_the_document(untouched: InProcess) -> None:
    for path, operations in DOCUMENT["paths"].items():
        allowed = sorted(method.upper() for method in operations)
        for method in METHODS:
            if method not in allowed:
                answer = untouched.call(method, re.sub(r"\{\w+\}", "nothing", path)[1:])
                told = (answer.status, answer.headers.get("allow"))
                # What Auth0 offers at such a path and we do not is answered like a missing scope.
                missing = not_offered(method, f"/api/v2{path}".encode()) is not None
                assert told == ((403, None) if missing else (405, ", ".join(allowed))), (method, path)


def test_a_parameter_that_no_row_names_is_refused(untouched: InProcess) -> None:
    for route in ROUTES:
        path = re.sub(r"\{\w+\}", "nothing", route.path)[1:]
        answer = untouched.call(route.method, f"{path}?unheard_of=1")
        assert (answer.status, answer.json()["errorCode"]) == (400, "invalid_query_string"), route


def test_a_parameter_out_of_its_range_is_refused(untouched: InProcess) -> None:
    """The document says type and range, the door holds them: from the same row."""
    for route in ROUTES:
        path = re.sub(r"\{\w+\}", "nothing", route.path)[1:]
        for name, row in route.query.items():
            schema = msgspec.json.schema(row.type)
            wrong = {"boolean": "yes", "integer": str(schema.get("maximum", 0) + 1)}.get(schema.get("type", ""))
            if wrong is not None:
                answer = untouched.call(route.method, f"{path}?{name}={wrong}")
                assert (answer.status, answer.json()["errorCode"]) == (400, "invalid_query_string"), (route, name)
