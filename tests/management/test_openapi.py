"""The OpenAPI document: valid, public, complete, and true to the tables it is read from."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any, cast
from unittest.mock import MagicMock

import jsonschema_rs
import pytest
from schemathesis.specs.openapi import definitions

from tallystick.app import Worker, management_resources
from tallystick.clients.credential_fields import CREDENTIAL_FIELDS
from tallystick.clients.metadata import CLIENT_FIELDS
from tallystick.fields import Field, field_table
from tallystick.management.call import Answer, Call, Route
from tallystick.management.description import Shown, kept
from tallystick.management.openapi import document, of_tenant
from tallystick.management.openapi_examples import EXAMPLES
from tallystick.management.openapi_operations import PROBLEMS
from tallystick.management.openapi_schemas import body_names
from tallystick.management.routes import RouteTable
from tallystick.tenants.hosts import seen_by
from tallystick.tenants.tenant import TenantHost
from tests.inprocess import InProcess

from .conftest import TENANT

PATH = "/api/v2/openapi.json"
Json = dict[str, Any]


def route_table() -> tuple[Route, ...]:
    """The rows of this release."""
    # The resources are asked for their rows alone.
    worker = MagicMock()
    return RouteTable(management_resources(cast(Worker, worker), lambda: ())).routes


ROUTES = route_table()
DOCUMENT = document(ROUTES)
SCHEMAS: Json = DOCUMENT["components"]["schemas"]
each_route = pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")


async def _nothing(_call: Call) -> Answer:
    return Answer(204)


def row(**more: Any) -> Route:
    """A row of a table of our own."""
    return Route("GET", "/things", _nothing, ("read:things",), **more)


# What every route has to say.


@each_route
def test_every_route_is_documented(route: Route) -> None:
    assert route.summary, "say what the call does"
    assert route.answers, "say what it answers"
    assert all(200 <= status < 300 for status in route.answers)
    assert set(route.problems) <= set(PROBLEMS)
    assert ("{" in route.path) <= bool({404, 204, 202} & {*route.problems, *route.answers}), "what is not there: 404"
    # Auth0 takes roles and permissions back by a DELETE that says which.
    if route.method != "DELETE":
        assert (route.body is not None) == (route.method in ("POST", "PUT", "PATCH"))
    for parameter in route.query.values():
        assert parameter.description, parameter.name


@each_route
def test_every_scope_of_a_route_is_an_alternative_and_a_scope_of_the_flow(route: Route) -> None:
    described = DOCUMENT["paths"][route.path][route.method.lower()]
    flow = DOCUMENT["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]
    assert described["security"] == [{kind: [scope]} for kind in ("oauth2", "bearer") for scope in route.scopes]
    assert set(route.scopes) <= set(flow["scopes"])


def test_every_operation_has_an_id_of_its_own() -> None:
    ids = [operation["operationId"] for path in DOCUMENT["paths"].values() for operation in path.values()]
    assert len(set(ids)) == len(ids) == len(ROUTES)


def test_every_status_the_house_can_give_has_its_words() -> None:
    for status, (name, _) in PROBLEMS.items():
        assert HTTPStatus(status).phrase.replace(" ", "") in (name, "RequestEntityTooLarge")


def test_two_schemas_of_one_name_are_refused() -> None:
    shown = [Shown("Thing", {}), Shown("Thing", {}, open=True)]
    with pytest.raises(ValueError, match="two schemas are called Thing"):
        document([row(answers={200: shown[0], 201: shown[1]})])


# The document as it is served.


def test_it_is_valid_and_public_and_cacheable_and_readable_from_any_origin(untouched: InProcess) -> None:
    answer = untouched.request("GET", PATH)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert answer.headers["access-control-allow-origin"] == "*"
    definitions.OPENAPI_31_VALIDATOR.validate(answer.json())


def test_it_has_the_urls_of_the_tenant(untouched: InProcess) -> None:
    served = untouched.request("GET", PATH).json()
    assert [server["url"] for server in served["servers"]] == [
        "https://localhost:8443/api/v2",
        "https://localhost:8444/api/v2",
    ]
    flow = served["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]
    assert flow["tokenUrl"] == "https://localhost:8443/oauth/token"
    assert "https://localhost:8443/api/v2/" in served["info"]["description"]


def test_by_a_custom_domain_it_has_the_urls_of_the_domain_and_the_audience_of_the_tenant() -> None:
    row = TenantHost(tenant_id=TENANT.tenant_id, host="login.example.com", issuer="https://login.example.com/")
    seen = of_tenant(DOCUMENT, seen_by(row, TENANT))
    assert seen["servers"] == [{"url": "https://login.example.com/api/v2"}]
    assert "https://id.example/api/v2/" in seen["info"]["description"]


def test_it_knows_the_routes_that_are_served(untouched: InProcess) -> None:
    served = untouched.request("GET", PATH).json()
    called = {(method.upper(), path) for path, methods in served["paths"].items() for method in methods}
    assert called == {(route.method, route.path) for route in ROUTES}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_it_is_only_read(untouched: InProcess, method: str) -> None:
    answer = untouched.request(method, PATH)
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")


# Its schemas.


def schemas_in(value: Any) -> list[Json]:
    """Every object inside."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return ([value] if isinstance(value, dict) else []) + [found for item in inside for found in schemas_in(item)]


def test_every_reference_leads_somewhere() -> None:
    references = {found["$ref"] for found in schemas_in(DOCUMENT) if isinstance(found.get("$ref"), str)}
    for reference in references:
        _, _, kind, name = reference.split("/")
        assert name in DOCUMENT["components"][kind], reference


def test_every_schema_is_one() -> None:
    for schema in SCHEMAS.values():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})


def test_patterns_are_those_of_ecma_262_and_texts_those_of_the_public() -> None:
    for schema in schemas_in(SCHEMAS):
        if isinstance(pattern := schema.get("pattern"), str):
            assert r"\Z" not in pattern
            re.compile(pattern)
        if isinstance(description := schema.get("description"), str):
            assert "auth0.md" not in description
            assert "``" not in description


def test_a_body_says_what_the_table_says() -> None:
    create, update = SCHEMAS["CreateClient"], SCHEMAS["UpdateClient"]
    assert create["required"] == ["name"]
    assert "required" not in update
    assert create["additionalProperties"] is update["additionalProperties"] is False
    assert "client_secret" not in create["properties"]
    assert "client_secret" in update["properties"]
    assert "client_id" not in create["properties"]
    assert create["properties"]["is_first_party"] == {
        "type": "boolean",
        "default": True,
        "description": CLIENT_FIELDS["is_first_party"].description,
    }
    assert "default" not in update["properties"]["is_first_party"]
    assert update["properties"]["par_request_expiry"]["type"] == ["integer", "null"]
    assert update["properties"]["par_request_expiry"]["maximum"] == 600
    assert update["properties"]["organization_usage"]["enum"] == ["allow", "deny", "require", None]
    assert update["properties"]["encryption_key"]["anyOf"][1] == {"type": "null"}
    # What a check alone knows is said too.
    assert update["properties"]["client_secret"]["minLength"] == 32
    assert "client_credentials" in update["properties"]["grant_types"]["items"]["enum"]


def test_what_the_server_sets_is_read_only() -> None:
    assert SCHEMAS["Client"]["properties"]["client_id"]["readOnly"] is True
    assert SCHEMAS["Client"]["required"] == ["name", "client_id"]
    assert "required" not in SCHEMAS["PartialClient"]


def test_null_is_answered_only_where_a_row_says_so() -> None:
    fields = field_table(
        (Field(name="a", type=int, nullable=True), Field(name="b", type=dict), Field(name="c", type=int))
    )
    schemas = document([row(answers={200: Shown("Thing", fields), 201: Shown("Kept", kept(fields))})])
    thing, never = (schemas["components"]["schemas"][name]["properties"] for name in ("Thing", "Kept"))
    assert [thing[name]["type"] for name in "abc"] == [["integer", "null"], "object", "integer"]
    assert [never[name]["type"] for name in "abc"] == ["integer", "object", "integer"]


def test_a_credential_is_one_of_its_kinds() -> None:
    kinds = SCHEMAS["CreateCredential"]["discriminator"]["mapping"]
    assert set(kinds) == set(CREDENTIAL_FIELDS)
    key = SCHEMAS["CreateCredentialPublicKey"]
    assert key["properties"]["credential_type"]["const"] == "public_key"
    assert key["oneOf"] == [{"required": ["pem"]}, {"required": ["jwk"]}]
    assert key["properties"]["expires_at"]["format"] == "date-time"


BODIES = [name for route in ROUTES if route.body is not None for name in body_names(route.body)]


@pytest.mark.parametrize("name", BODIES)
def test_every_body_has_an_example_that_it_takes(name: str) -> None:
    whole = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    jsonschema_rs.Draft202012Validator(whole).validate(EXAMPLES[name])


def test_no_example_is_left_over() -> None:
    assert set(EXAMPLES) == set(BODIES)


def test_a_list_has_three_forms() -> None:
    [answer] = DOCUMENT["paths"]["/clients"]["get"]["responses"]["200"]["content"].values()
    bare, totals, checkpoint = answer["schema"]["oneOf"]
    assert bare["items"] == {"$ref": "#/components/schemas/PartialClient"}
    assert totals["required"] == ["start", "limit", "total", "clients"]
    assert checkpoint["required"] == ["clients"]


def test_an_answer_leads_to_the_calls_on_what_was_made() -> None:
    made = DOCUMENT["paths"]["/clients/{client_id}/credentials"]["post"]["responses"]["201"]["links"]
    parameters = {"client_id": "$request.path.client_id", "credential_id": "$response.body#/id"}
    assert {name: link["parameters"] for name, link in made.items()} == {
        f"{verb}ClientsByClientIdCredentialsByCredentialId": parameters for verb in ("get", "patch", "delete")
    }
    client = DOCUMENT["paths"]["/clients"]["post"]["responses"]["201"]["links"]
    assert client["postClientsByIdRotateSecret"]["parameters"] == {"id": "$response.body#/client_id"}
    assert client["postClientsByClientIdCredentials"]["parameters"] == {"client_id": "$response.body#/client_id"}
    assert "getClientsByClientIdCredentialsByCredentialId" not in client
    assert "putKeysSigningByKidRevoke" in DOCUMENT["paths"]["/keys/signing"]["get"]["responses"]["200"]["links"]


def test_a_query_is_described_as_it_is_checked() -> None:
    parameters = {found["name"]: found for found in DOCUMENT["paths"]["/clients"]["get"]["parameters"]}
    assert parameters["per_page"]["schema"] == {"type": "integer", "minimum": 0, "maximum": 100, "default": 50}
    assert parameters["fields"]["explode"] is False
    assert "native" in parameters["app_type"]["schema"]["items"]["enum"]
    # A list is one text, and an empty text is one value: no type of application.
    assert parameters["app_type"]["schema"]["minItems"] == 1
