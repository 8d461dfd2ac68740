"""From a row of the route table to an operation of OpenAPI 3.1 (4.8.10). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ..records import Json
from .call import Route
from .description import Shape
from .multipart import MULTIPART
from .openapi_examples import EXAMPLES
from .openapi_links import links, operation_id
from .openapi_schemas import Components, body_names

OAUTH2, BEARER = "oauth2", "bearer"
"""The same token two ways: got by the flow, or brought along by tools that know no flow."""
JSON = "application/json"
_PARAMETER = re.compile(r"\{(\w+)\}")
_WITH_BODY = ("POST", "PUT", "PATCH")

ALWAYS = (400, 401, 403, 503)
"""What the door may answer to any call."""
WITH_BODY = (413, 415)
"""What it may answer where it reads a body."""
PROBLEMS: Mapping[int, tuple[str, str]] = {
    400: ("BadRequest", "The Authorization header, the path, the query or the body is not acceptable"),
    401: ("Unauthorized", "No token, or none of ours for this API that is alive"),
    403: ("Forbidden", "None of the scopes, or what nobody may do, such as removing the Management API"),
    404: ("NotFound", "There is no such thing"),
    409: ("Conflict", "It clashes with what is there"),
    413: ("ContentTooLarge", "The body is too large"),
    415: ("UnsupportedMediaType", "The body is not of the media type that the call takes"),
    429: ("TooManyRequests", "Too many calls"),
    503: ("ServiceUnavailable", "The database does not answer, nothing was changed; try again"),
}
"""Status → name and meaning of the refusal."""
CORRELATION_ID = {"X-Correlation-Id": {"$ref": "#/components/headers/CorrelationId"}}


def operation(route: Route, routes: Sequence[Route], components: Components) -> Json:
    """The operation of one row among all."""
    partial = "fields" in route.query
    described: Json = {
        "operationId": operation_id(route),
        "summary": route.summary,
        "tags": [_tag(route)],
        "parameters": [
            *(_path_parameter(name) for name in _PARAMETER.findall(route.path)),
            *(components.parameter(row) for row in route.query.values()),
        ],
        # Any one of the scopes is enough: the list is of alternatives.
        "security": [{scheme: [scope]} for scheme in (OAUTH2, BEARER) for scope in route.scopes],
        "responses": {
            **{
                str(status): _answer(shape, links(route, shape, routes), components, partial)
                for status, shape in route.answers.items()
            },
            **{str(status): {"$ref": f"#/components/responses/{PROBLEMS[status][0]}"} for status in refusals(route)},
        },
    }
    if route.body is not None:
        schema = components.body(route.body)
        examples = {name: {"value": EXAMPLES[name]} for name in body_names(route.body) if name in EXAMPLES}
        described["requestBody"] = {
            "content": {MULTIPART if route.body.is_multipart else JSON: {"schema": schema, "examples": examples}},
            "required": _needs_members(components.schemas[route.body.name]),
        }
    return described


def refusals(route: Route) -> list[int]:
    """Statuses of the refusals that a call may meet."""
    with_body = WITH_BODY if route.method in _WITH_BODY else ()
    return sorted({*ALWAYS, *with_body, *route.problems})


def _answer(shape: Shape, leads_to: Json, components: Components, partial: bool) -> Json:
    schema = components.shape(shape, partial=partial)
    answer: Json = {"description": "Done" if schema is None else "The answer", "headers": CORRELATION_ID}
    answer |= {"links": leads_to} if leads_to else {}
    return answer if schema is None else {**answer, "content": {JSON: {"schema": schema}}}


def _path_parameter(name: str) -> Json:
    schema = {"type": "string", "minLength": 1}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _needs_members(schema: Json) -> bool:
    return "required" in schema or "oneOf" in schema


def _tag(route: Route) -> str:
    return route.path.split("/")[1]
