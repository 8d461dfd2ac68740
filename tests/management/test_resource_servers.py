"""``/resource-servers``: bodies, status codes, pages and refusals of auth0.md 4.2 and 4.5."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import pytest

from tallystick.apis.grant_registry import ClientGrants
from tallystick.apis.registry import ResourceServers
from tallystick.apis.resource_servers import ResourceServer
from tallystick.clients.client import Client
from tallystick.management.client_grants import ClientGrantResource
from tallystick.management.resource_servers import ResourceServerResource
from tallystick.management.routes import Resource
from tallystick.records import Json, Record, Writer
from tests.certs import NOW_MS
from tests.memory import MemoryRecords

from .conftest import OTHER_TENANT, TENANT, Api, Management

SYSTEM_SCOPES = ("read:clients", "create:clients")
SYSTEM = ResourceServer(
    tenant_id="t1",
    id="5" * 24,
    identifier="https://id.example/api/v2/",
    name="Auth0 Management API",
    is_system=True,
    created_at_ms=NOW_MS,
    updated_at_ms=NOW_MS,
)
IDENTIFIER = "https://api.example/orders?v=1&x=ü"


def resources(records: MemoryRecords, writer: Writer) -> Sequence[Resource]:
    async def find_client(tenant_id: str, client_id: str) -> Record | None:
        return await records.get(Client, tenant_id, client_id)

    apis = ResourceServers(writer, lambda: SYSTEM_SCOPES)
    return (
        ResourceServerResource(records, apis, lambda: SYSTEM_SCOPES),
        ClientGrantResource(records, ClientGrants(writer, apis, find_client)),
    )


@pytest.fixture
def management() -> Management:
    made = Management(resources)
    made.records._save(SYSTEM)
    return made


def create(api: Api, expect: int = 201, **body: Any) -> Json:
    answer: Json = api("POST", "/resource-servers", {"identifier": IDENTIFIER, **body}, expect=expect)
    return answer


def test_the_answer_to_create_is_the_recorded_one(api: Api) -> None:
    body = create(api)
    assert re.fullmatch("[0-9a-f]{24}", body.pop("id"))
    assert body == {
        "identifier": IDENTIFIER,
        "allow_offline_access": False,
        "skip_consent_for_verifiable_first_party_clients": False,
        "subject_type_authorization": {"user": {"policy": "allow_all"}, "client": {"policy": "require_client_grant"}},
        "token_lifetime": 86400,
        "token_lifetime_for_web": 7200,
        "signing_alg": "RS256",
    }


def test_what_was_sent_comes_back(api: Api) -> None:
    sent: Json = {
        "name": "Orders",
        "scopes": [{"value": "read:orders", "description": "Read"}, {"value": "write:orders"}],
        "signing_alg": "ES256",
        "token_lifetime": 60,
        "token_dialect": "rfc9068_profile",
        "proof_of_possession": {"mechanism": "mtls", "required": True},
        "enforce_policies": True,
    }
    body = create(api, **sent)
    assert body.items() >= sent.items()
    assert api("GET", f"/resource-servers/{body['id']}", expect=200) == body


def test_an_api_is_found_by_id_and_by_its_encoded_identifier(api: Api) -> None:
    body = create(api, name="Orders")
    encoded = quote(IDENTIFIER, safe="")
    assert api("GET", f"/resource-servers/{encoded}", expect=200) == body
    assert api("PATCH", f"/resource-servers/{encoded}", {"name": "New"}, expect=200)["name"] == "New"
    api("DELETE", f"/resource-servers/{encoded}", expect=204)
    assert api("GET", f"/resource-servers/{encoded}", expect=404) | {"correlation_id": ""} == {
        "statusCode": 404,
        "error": "Not Found",
        "message": "The resource server does not exist",
        "errorCode": "inexistent_resource_server",
        "correlation_id": "",
    }


def test_a_second_api_with_the_same_identifier_is_a_conflict(api: Api) -> None:
    create(api)
    assert create(api, expect=409)["errorCode"] == "resource_server_conflict"
    # Exact comparison: another spelling is another API.
    create(api, identifier=IDENTIFIER.upper())


def test_an_update_answers_200_keeps_the_rest_and_null_clears(api: Api) -> None:
    made = create(api, name="A", proof_of_possession={"mechanism": "mtls", "required": False})
    path = f"/resource-servers/{made['id']}"
    assert api("PATCH", path, {"token_lifetime": 60}, expect=200) == made | {"token_lifetime": 60}
    cleared = api("PATCH", path, {"proof_of_possession": None, "token_encryption": None}, expect=200)
    assert "proof_of_possession" not in cleared
    assert "token_encryption" not in cleared
    assert api("GET", path, expect=200) == cleared


def test_the_identifier_cannot_be_changed(api: Api) -> None:
    made = create(api)
    refusal = api("PATCH", f"/resource-servers/{made['id']}", {"identifier": "https://x.example/"}, expect=400)
    assert refusal["errorCode"] == "invalid_body"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"signing_alg": "HS256"}, "HS256 is not offered"),
        ({"token_encryption": {"format": "compact-nested-jwe"}}, "encryption_key"),
        ({"authorization_details": [{"type": "a"}, {"type": "a"}]}, "types must be unique"),
        (
            {"authorization_details": [{"type": "a", "schema": {"properties": {"b": {"$ref": "https://e.example/"}}}}]},
            "authorization_details[0].schema.properties.b.$ref",
        ),
        ({"token_lifetime": 0}, "on property token_lifetime"),
        ({"scopes": [{"value": "a"}, {"value": "a"}]}, "scope values must be unique"),
        ({"identifier": "https://id.example/api/v2/"}, "reserved"),
    ],
)
def test_refusals_say_why_in_auth0s_form(api: Api, body: dict[str, Any], words: str) -> None:
    refusal = create(api, expect=400, **body)
    assert refusal["message"].startswith("Payload validation error: '")
    assert words in refusal["message"]
    assert refusal["errorCode"] == "invalid_body"


def test_the_management_api_shows_every_scope_and_cannot_be_deleted_or_narrowed(api: Api) -> None:
    shown = api("GET", f"/resource-servers/{SYSTEM.id}", expect=200)
    assert shown["is_system"] is True
    assert [scope["value"] for scope in shown["scopes"]] == sorted(SYSTEM_SCOPES)
    assert [scope["description"] for scope in shown["scopes"]] == ["Create clients", "Read clients"]
    api("DELETE", f"/resource-servers/{SYSTEM.id}", expect=403)
    api("DELETE", f"/resource-servers/{quote(SYSTEM.identifier, safe='')}", expect=403)
    api("PATCH", f"/resource-servers/{SYSTEM.id}", {"scopes": [{"value": "read:clients"}]}, expect=403)
    changed = api("PATCH", f"/resource-servers/{SYSTEM.id}", {"token_lifetime": 600}, expect=200)
    assert (changed["token_lifetime"], len(changed["scopes"])) == (600, 2)


def test_lists_come_in_three_styles(api: Api) -> None:
    for number in range(3):
        create(api, identifier=f"https://{number}.example/")
    names = [SYSTEM.identifier, *(f"https://{number}.example/" for number in range(3))]
    assert [each["identifier"] for each in api("GET", "/resource-servers", expect=200)] == names
    page = api("GET", "/resource-servers", params={"per_page": 3, "page": 1, "include_totals": "true"}, expect=200)
    assert (page["start"], page["limit"], page["total"]) == (3, 3, 4)
    assert [each["identifier"] for each in page["resource_servers"]] == names[3:]
    assert api("GET", "/resource-servers", params={"page": 9, "per_page": 3}, expect=200) == []
    first = api("GET", "/resource-servers", params={"take": 3}, expect=200)
    rest = api("GET", "/resource-servers", params={"take": 3, "from": first["next"]}, expect=200)
    assert [each["identifier"] for each in first["resource_servers"] + rest["resource_servers"]] == names
    assert "next" not in rest


def test_lists_can_be_filtered_and_trimmed(api: Api) -> None:
    create(api, identifier="https://a.example/")
    create(api, identifier="https://b.example/")
    params = {"identifiers": "https://b.example/,https://none.example/", "fields": "identifier"}
    assert api("GET", "/resource-servers", params=params, expect=200) == [{"identifier": "https://b.example/"}]
    api("GET", "/resource-servers", params={"unknown": "1"}, expect=400)


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/resource-servers", "read:resource_servers"),
        ("GET", f"/resource-servers/{SYSTEM.id}", "read:resource_servers"),
        ("POST", "/resource-servers", "create:resource_servers"),
        ("PATCH", f"/resource-servers/{SYSTEM.id}", "update:resource_servers"),
        ("DELETE", f"/resource-servers/{SYSTEM.id}", "delete:resource_servers"),
    ],
)
def test_each_call_needs_its_scope(api: Api, method: str, path: str, scope: str) -> None:
    refusal = api(method, path, {}, scope="read:clients", expect=403)
    assert refusal["message"] == f"Insufficient scope, expected any of: {scope}"
    assert api(method, path, {}, scope=scope).status_code != 401


def test_another_tenants_apis_do_not_exist(api: Api, management: Management) -> None:
    made = create(api)
    management.tenant = OTHER_TENANT
    assert api("GET", "/resource-servers", expect=200) == []
    for method in ("GET", "PATCH"):
        api(method, f"/resource-servers/{made['id']}", {"name": "x"}, expect=404)
    api("DELETE", f"/resource-servers/{made['id']}", expect=204)
    management.tenant = TENANT
    assert api("GET", f"/resource-servers/{made['id']}", expect=200) == made


def test_every_change_is_a_row_of_the_log(api: Api, management: Management) -> None:
    made = create(api)
    api("PATCH", f"/resource-servers/{made['id']}", {"name": "A"}, expect=200)
    api("DELETE", f"/resource-servers/{made['id']}", expect=204)
    told = [(event.type, event.description) for event in management.records.events]
    assert told == [
        ("sapi", "Create a resource server"),
        ("sapi", "Update a resource server"),
        ("sapi", "Delete a resource server"),
    ]


def test_deleting_what_is_not_there_is_204(api: Api) -> None:
    api("DELETE", f"/resource-servers/{'0' * 24}", expect=204)


def test_deleting_an_api_takes_its_grants_along(api: Api) -> None:
    made, client = create(api), api.new_client()
    grant = {"client_id": client["client_id"], "audience": IDENTIFIER}
    made_grant = api("POST", "/client-grants", grant, expect=201)
    api("DELETE", f"/resource-servers/{made['id']}", expect=204)
    api("GET", f"/client-grants/{made_grant['id']}", expect=404)


def test_a_lost_race_is_decided_anew(api: Api, management: Management) -> None:
    management.records.lose_next = 3
    made = create(api)
    assert api("GET", f"/resource-servers/{made['id']}", expect=200) == made
