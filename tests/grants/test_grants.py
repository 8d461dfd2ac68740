"""Which grant, and what `client_credentials` gives (RFC 6749 4.4, RFC 8707 2); each refusal by its name in the log."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from tallystick.apis.client_grants import ClientGrant
from tallystick.apis.directory import ApiDirectory
from tallystick.apis.resource_servers import ResourceServer
from tallystick.clientauth.authenticate import AuthenticatedClient
from tallystick.clients.client import Client
from tallystick.clients.directory import RegisteredClient
from tallystick.errors import OAuthError
from tallystick.grants.client_credentials import decide
from tallystick.grants.grant import Granted, GrantRequest
from tallystick.grants.table import GRANTS, allowed_grant
from tallystick.tenants.hosts import HostDirectory
from tallystick.tenants.tenant import Tenant, TenantHost
from tests.memory import MemoryRecords

API = "https://api.example/"
TENANT = Tenant(
    tenant_id="t1", name="t1", issuer="https://as.example/", mtls_issuer="https://as.example/", created_at_ms=0
)
NEIGHBOUR = replace(TENANT, tenant_id="t2", issuer="https://other.example/")


def authenticated(
    method: str = "client_secret_post", grant_types: Any = ("client_credentials",)
) -> AuthenticatedClient:
    client = Client(
        tenant_id="t1",
        client_id="client",
        name="c",
        metadata={"grant_types": list(grant_types)},
        created_at_ms=0,
        updated_at_ms=0,
    )
    return AuthenticatedClient(registered=RegisteredClient(client=client), method=method, credential=None)


def resource_server(identifier: str = API, tenant_id: str = "t1", **fields: Any) -> ResourceServer:
    metadata = {"scopes": [{"value": each} for each in ("read", "write", "delete")]}
    return ResourceServer(
        **{
            "tenant_id": tenant_id,
            "id": identifier,
            "identifier": identifier,
            "name": "api",
            "metadata": metadata,
            "created_at_ms": 0,
            "updated_at_ms": 0,
            **fields,
        }
    )


def client_grant(audience: str = API, *scope: str, **fields: Any) -> ClientGrant:
    return ClientGrant(
        **{
            "tenant_id": "t1",
            "id": f"cgr_{audience}",
            "client_id": "client",
            "audience": audience,
            "scope": list(scope),
            "created_at_ms": 0,
            "updated_at_ms": 0,
            **fields,
        }
    )


def decided(parameters: dict[str, str], *records: Any, tenant: Tenant = TENANT) -> Granted:
    rows = records or (resource_server(), client_grant(API, "read", "write"))
    stored = MemoryRecords(
        TENANT,
        NEIGHBOUR,
        TenantHost(tenant_id="t1", host="as.example"),
        TenantHost(tenant_id="t1", host="127.0.0.1:8443"),
        TenantHost(tenant_id="t2", host="other.example"),
        *rows,
    )
    nobody: Any = None  # no person is asked for
    request = GrantRequest(
        people=nobody,
        caller=nobody,
        now_ms=0,
        tenant=tenant,
        authenticated=authenticated(),
        parameters=parameters,
        apis=ApiDirectory(stored, stored, lambda: ["read:clients"]),
        hosts=HostDirectory(stored, stored),
    )
    return asyncio.run(decide(request))


def refusal(parameters: dict[str, str], *records: Any, tenant: Tenant = TENANT) -> tuple[str, str]:
    with pytest.raises(OAuthError) as refused:
        decided(parameters, *records, tenant=tenant)
    return refused.value.code, refused.value.check.removeprefix("client_credentials.")


# The table


@pytest.mark.parametrize(
    ("grant_type", "how", "code", "check"),
    [
        (None, {}, "invalid_request", "grant.missing"),
        ("", {}, "unsupported_grant_type", "grant.known"),
        ("password", {}, "unsupported_grant_type", "grant.known"),
        ("Client_Credentials", {}, "unsupported_grant_type", "grant.known"),
        ("client_credentials", {"grant_types": ()}, "unauthorized_client", "grant.allowed"),
        ("client_credentials", {"grant_types": ("authorization_code",)}, "unauthorized_client", "grant.allowed"),
        ("client_credentials", {"method": "none"}, "unauthorized_client", "grant.confidential"),
    ],
)
def test_rfc6749_5_2_a_grant_that_is_not_to_be_had(
    grant_type: str | None, how: dict[str, Any], code: str, check: str
) -> None:
    with pytest.raises(OAuthError) as refused:
        allowed_grant(grant_type, authenticated(**how))
    assert (refused.value.code, refused.value.check) == (code, check)


@pytest.mark.parametrize("method", ["client_secret_basic", "private_key_jwt", "self_signed_tls_client_auth"])
def test_a_confidential_client_may_use_what_it_is_registered_for(method: str) -> None:
    assert allowed_grant("client_credentials", authenticated(method)) is GRANTS["client_credentials"]


def test_rfc6749_4_4_client_credentials_is_for_confidential_clients() -> None:
    assert GRANTS["client_credentials"].needs_confidential_client


# client_credentials


def test_all_that_was_granted_or_the_part_that_was_asked_for() -> None:
    granted = decided({"audience": API})
    assert (granted.scopes, granted.subject, granted.gty) == (("read", "write"), "client@clients", "client-credentials")
    assert granted.resource_server.identifier == API
    for asked, scopes in (("write", ("write",)), ("write read", ("read", "write")), ("read read", ("read",))):
        assert decided({"audience": API, "scope": asked}).scopes == scopes


@pytest.mark.parametrize("asked", ["delete", "read delete", "READ", "read write admin", "rea", "read.write"])
def test_more_than_was_granted_is_refused_never_dropped(asked: str) -> None:
    assert refusal({"audience": API, "scope": asked}) == ("invalid_scope", "scope")


@pytest.mark.parametrize(
    "asked", [" ", " read", "read ", "read  write", "read\twrite", "read\n", 'a"b', "a\\b", "\u00e9"]
)
def test_rfc6749_3_3_a_malformed_scope(asked: str) -> None:
    assert refusal({"audience": API, "scope": asked}) == ("invalid_scope", "scope_form")


def test_a_scope_that_the_api_no_longer_defines_is_gone() -> None:
    rows = resource_server(), client_grant(API, "read", "retired")
    assert decided({"audience": API}, *rows).scopes == ("read",)
    assert refusal({"audience": API, "scope": "retired"}, *rows) == ("invalid_scope", "scope")


@pytest.mark.parametrize("value", ["org_1", " "])
def test_organizations_are_not_ignored(value: str) -> None:
    assert refusal({"audience": API, "organization": value}) == ("invalid_request", "organization")


@pytest.mark.parametrize(
    "audience", ["https://api.example", "https://API.example/", API + "x", API[:-2], "https://other.example/", "*"]
)
def test_an_api_is_named_exactly(audience: str) -> None:
    assert refusal({"audience": audience}) == ("invalid_target", "audience_unknown")


@pytest.mark.parametrize("audience", ["x" * 601, "a\x00b", "a\nb", "a\x7f"])
def test_what_cannot_be_an_identifier_is_not_looked_up(audience: str) -> None:
    rows = resource_server(audience), client_grant(audience, "read")
    assert refusal({"audience": audience}, *rows) == ("invalid_target", "audience_form")


def test_without_an_audience() -> None:
    assert refusal({}) == ("invalid_request", "audience_missing")
    assert refusal({"resource": API}) == ("invalid_request", "audience_missing")
    compatible = replace(TENANT, settings={"resource_parameter_profile": "compatibility"})
    assert decided({"resource": API}, tenant=compatible).resource_server.identifier == API
    # The API's own name for it goes first.
    assert refusal({"audience": "https://other.example/", "resource": API}, tenant=compatible)[1] == "audience_unknown"
    assert decided({}, tenant=replace(TENANT, settings={"default_audience": API})).scopes == ("read", "write")


def test_an_api_without_a_grant_of_this_client() -> None:
    api = resource_server()
    none_of_it = [
        (api,),
        (api, client_grant(API, "read", client_id="other")),
        (api, client_grant(API, "read", client_id="CLIENT")),
        (api, client_grant("https://other.example/", "read")),
        (api, client_grant(API, "read", tenant_id="t2")),
        (api, client_grant(API, "read", metadata={"subject_type": "user"})),
    ]
    for rows in none_of_it[:5]:
        assert refusal({"audience": API}, *rows) == ("invalid_target", "client_grant")


def test_an_api_of_another_tenant_is_unknown() -> None:
    rows = resource_server(tenant_id="t2"), client_grant(API, "read")
    assert refusal({"audience": API}, *rows) == ("invalid_target", "audience_unknown")


def test_one_answer_for_an_unknown_api_and_one_without_a_grant() -> None:
    told = set()
    for rows in ((client_grant(API, "read"),), (resource_server(),)):
        with pytest.raises(OAuthError) as refused:
            decided({"audience": API}, *rows)
        told.add((refused.value.code, refused.value.description))
    assert len(told) == 1


MANAGEMENT = TENANT.url("api/v2/")


@pytest.mark.parametrize("audience", [MANAGEMENT, "https://127.0.0.1:8443/api/v2/", "http://127.0.0.1:8443/api/v2/"])
def test_the_management_api_by_any_host_of_the_tenant(audience: str) -> None:
    rows = resource_server(MANAGEMENT, is_system=True), client_grant(MANAGEMENT, is_system=True)
    granted = decided({"audience": audience}, *rows)
    assert (granted.resource_server.identifier, granted.scopes) == (MANAGEMENT, ("read:clients",))


@pytest.mark.parametrize(
    "audience",
    [
        "https://other.example/api/v2/",
        "https://unknown.example/api/v2/",
        "https://as.example/api/v2",
        "https://as.example/api/v2/x",
        "https://as.example@evil.example/api/v2/",
        "https://evil.example/?https://as.example/api/v2/",
        "ftp://as.example/api/v2/",
    ],
)
def test_g49_the_management_api_by_a_host_of_somebody_else(audience: str) -> None:
    rows = (
        resource_server(MANAGEMENT, is_system=True),
        client_grant(MANAGEMENT, is_system=True),
        resource_server("https://other.example/api/v2/", "t2", is_system=True),
    )
    assert refusal({"audience": audience}, *rows) == ("invalid_target", "audience_unknown")
