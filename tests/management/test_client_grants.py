"""``/client-grants``: the rules of auth0.md 4.4, through the door."""

from __future__ import annotations

import re
from typing import Any

import pytest
from msgspec.structs import replace

from tallystick.apis.client_grants import ClientGrant
from tallystick.records import Json
from tests.certs import NOW_MS

from .conftest import OTHER_TENANT, Api, Management
from .test_resource_servers import SYSTEM, resources

AUDIENCE = "https://api.example/"
SYSTEM_GRANT = ClientGrant(
    tenant_id="t1",
    id="cgr_system",
    client_id="manager",
    audience=SYSTEM.identifier,
    metadata={"allow_all_scopes": True},
    is_system=True,
    created_at_ms=NOW_MS,
    updated_at_ms=NOW_MS,
)


@pytest.fixture
def management() -> Management:
    made = Management(resources)
    made.records._save(SYSTEM)
    return made


@pytest.fixture
def client_id(api: Api) -> str:
    api(
        "POST",
        "/resource-servers",
        {"identifier": AUDIENCE, "scopes": [{"value": "read"}, {"value": "write"}]},
        expect=201,
    )
    return str(api.new_client()["client_id"])


def create(api: Api, client_id: str, expect: int = 201, **body: Any) -> Json:
    sent = {"client_id": client_id, "audience": AUDIENCE, "scope": ["read"], **body}
    answer: Json = api("POST", "/client-grants", sent, expect=expect)
    return answer


def test_the_answer_to_create_is_the_grant(api: Api, client_id: str) -> None:
    body = create(api, client_id)
    assert re.fullmatch("cgr_[A-Za-z0-9]{16}", body["id"])
    assert body == {
        "id": body["id"],
        "client_id": client_id,
        "audience": AUDIENCE,
        "scope": ["read"],
        "subject_type": "client",
    }
    assert api("GET", f"/client-grants/{body['id']}", expect=200) == body


def test_a_second_grant_is_a_conflict_but_one_for_users_is_not(api: Api, client_id: str) -> None:
    create(api, client_id)
    assert create(api, client_id, expect=409, scope=["write"])["errorCode"] == "client_grant_conflict"
    create(api, client_id, subject_type="user")
    create(api, client_id, expect=409, subject_type="user")


def test_client_and_api_must_exist(api: Api, client_id: str) -> None:
    assert create(api, "nobody", expect=404)["errorCode"] == "inexistent_client"
    missing = create(api, client_id, expect=404, audience="https://none.example/")
    assert missing["errorCode"] == "inexistent_resource_server"


def test_the_id_of_an_api_is_no_audience(api: Api, client_id: str) -> None:
    id = api("GET", "/resource-servers", params={"identifiers": AUDIENCE}, expect=200)[0]["id"]
    create(api, client_id, expect=404, audience=id)


def test_scopes_must_exist_on_the_api(api: Api, client_id: str) -> None:
    refusal = create(api, client_id, expect=400, scope=["read", "admin"])
    assert refusal["message"] == (
        "Payload validation error: 'the resource server does not define: admin' on property scope."
    )


def test_all_scopes_leaves_the_list_out(api: Api, client_id: str) -> None:
    body = create(api, client_id, scope=None, allow_all_scopes=True)
    assert body["allow_all_scopes"] is True
    assert "scope" not in body
    create(api, client_id, expect=400, allow_all_scopes=True)


def test_an_update_answers_200_with_the_whole_grant(api: Api, client_id: str) -> None:
    made = create(api, client_id)
    path = f"/client-grants/{made['id']}"
    assert api("PATCH", path, {"scope": ["write"]}, expect=200) == made | {"scope": ["write"]}
    api("PATCH", path, {"scope": ["admin"]}, expect=400)
    api("PATCH", path, {"client_id": client_id}, expect=400)
    api("PATCH", path, {"audience": AUDIENCE}, expect=400)
    assert api("PATCH", path, {}, expect=200) == made | {"scope": ["write"]}
    api("PATCH", "/client-grants/cgr_none", {}, expect=404)


def test_a_deleted_grant_is_gone_and_can_be_made_again(api: Api, client_id: str) -> None:
    made = create(api, client_id)
    api("DELETE", f"/client-grants/{made['id']}", expect=204)
    gone = api("GET", f"/client-grants/{made['id']}", expect=404)
    assert gone["errorCode"] == "inexistent_client_grant"
    api("DELETE", f"/client-grants/{made['id']}", expect=204)
    assert create(api, client_id)["id"] != made["id"]


def test_the_management_applications_grant_cannot_be_touched(api: Api, management: Management) -> None:
    management.records._save(SYSTEM_GRANT)
    shown = api("GET", "/client-grants/cgr_system", expect=200)
    assert shown["is_system"] is True
    assert "scope" not in shown
    api("PATCH", "/client-grants/cgr_system", {"scope": []}, expect=403)
    api("DELETE", "/client-grants/cgr_system", expect=403)
    assert api("GET", "/client-grants/cgr_system", expect=200) == shown


def test_the_management_application_cannot_be_deleted_either(api: Api, management: Management) -> None:
    # Its grant would go with it, and nobody could administer the tenant any more.
    manager = api.new_client()["client_id"]
    management.records._save(replace(SYSTEM_GRANT, client_id=manager))
    assert api("DELETE", f"/clients/{manager}", expect=403)["errorCode"] == "operation_not_supported"
    api("GET", f"/clients/{manager}", expect=200)
    api("GET", "/client-grants/cgr_system", expect=200)


def test_lists_are_filtered(api: Api, client_id: str) -> None:
    other = api.new_client()["client_id"]
    mine, users, others = (
        create(api, client_id),
        create(api, client_id, subject_type="user"),
        create(api, other),
    )

    def listed(**params: str) -> list[Json]:
        found: list[Json] = api("GET", "/client-grants", params=params, expect=200)
        return found

    assert listed() == [mine, users, others]
    assert listed(client_id=client_id) == [mine, users]
    assert listed(client_id=client_id, subject_type="user") == [users]
    assert listed(audience=AUDIENCE) == [mine, users, others]
    assert listed(audience="https://none.example/") == []
    assert listed(allow_any_organization="true") == []
    assert listed(allow_any_organization="false") == [mine, users, others]
    assert listed(default_for="third_party_clients") == []
    api("GET", "/client-grants", params={"unknown": "1"}, expect=400)


def test_lists_come_in_pages_and_with_checkpoints(api: Api, client_id: str) -> None:
    made = [create(api, client_id), create(api, client_id, subject_type="user")]
    page = api("GET", "/client-grants", params={"per_page": 1, "page": 1, "include_totals": "true"}, expect=200)
    assert page == {"start": 1, "limit": 1, "total": 2, "client_grants": made[1:]}
    first = api("GET", "/client-grants", params={"take": 1, "include_totals": "true"}, expect=200)
    assert first["client_grants"] == made[:1]
    rest = api("GET", "/client-grants", params={"take": 1, "from": first["next"]}, expect=200)
    assert rest == {"client_grants": made[1:]}


def test_deleting_a_client_takes_its_grants_along(api: Api, client_id: str) -> None:
    made = create(api, client_id)
    api("DELETE", f"/clients/{client_id}", expect=204)
    api("GET", f"/client-grants/{made['id']}", expect=404)


def test_another_tenants_grants_do_not_exist(api: Api, management: Management, client_id: str) -> None:
    made = create(api, client_id)
    management.tenant = OTHER_TENANT
    assert api("GET", "/client-grants", expect=200) == []
    api("GET", f"/client-grants/{made['id']}", expect=404)
    # Nor can one tenant grant what is another's.
    create(api, client_id, expect=404)


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/client-grants", "read:client_grants"),
        ("GET", "/client-grants/x", "read:client_grants"),
        ("POST", "/client-grants", "create:client_grants"),
        ("PATCH", "/client-grants/x", "update:client_grants"),
        ("DELETE", "/client-grants/x", "delete:client_grants"),
    ],
)
def test_each_call_needs_its_scope(api: Api, method: str, path: str, scope: str) -> None:
    refusal = api(method, path, {}, scope="read:clients", expect=403)
    assert refusal["message"] == f"Insufficient scope, expected any of: {scope}"


def test_every_change_is_a_row_of_the_log(api: Api, management: Management, client_id: str) -> None:
    made = create(api, client_id)
    api("PATCH", f"/client-grants/{made['id']}", {"scope": []}, expect=200)
    api("DELETE", f"/client-grants/{made['id']}", expect=204)
    told = [event.description for event in management.records.events][-3:]
    assert told == ["Create a client grant", "Update a client grant", "Delete a client grant"]
