"""The sequences of calls behind Terraform's resources, each answer held to what the provider does with it."""

from __future__ import annotations

from secrets import token_urlsafe
from typing import Any

import pytest

from tests.administrator import Administrator, Json, unique
from tests.application import Application
from tests.forge import Key
from tests.interop.terraform import FIELDS_TO_CHECK, LIST, Terraform
from tests.patience import settle
from tests.recipient import recipient

READ_FIELDS = "client_id,client_secret,token_endpoint_auth_method,client_authentication_methods"


@pytest.fixture
def terraform(admin: Administrator) -> Terraform:
    return Terraform(admin)


@pytest.fixture
def client_id(terraform: Terraform) -> str:
    """`auth0_client`, created."""
    body = {"name": unique("terraform"), "app_type": "non_interactive", "grant_types": ["client_credentials"]}
    return str(terraform.call("POST", "clients", body=body)["client_id"])


def test_auth0_client(terraform: Terraform) -> None:
    """Create, refresh, update by the changed fields alone, destroy, and destroy what somebody destroyed before."""
    body = {
        "name": unique("terraform"),
        "app_type": "regular_web",
        "callbacks": ["https://app.example/callback"],
        "oidc_conformant": True,
        "jwt_configuration": {"alg": "RS256", "lifetime_in_seconds": 300, "secret_encoded": True},
        "client_metadata": {"team": "web"},
    }
    made = terraform.call("POST", "clients", body=body)
    # It keeps the id, and the secret in its state.
    assert made["client_id"]
    assert len(made["client_secret"]) == 64
    path = ("clients", made["client_id"])
    read = terraform.read(*path)
    assert read is not None
    # What it reads must be what was configured, else it plans a change for ever.
    assert {name: read[name] for name in body} == body

    changed = terraform.call("PATCH", *path, body={"description": "By Terraform", "callbacks": []})
    assert (changed["description"], changed["callbacks"]) == ("By Terraform", [])
    assert changed["client_metadata"] == body["client_metadata"]
    assert terraform.send("DELETE", *path).status_code == 204
    assert terraform.read(*path) is None
    # Destroyed behind its back: 404 would do as well.
    assert terraform.send("DELETE", *path).status_code in (204, 404)


def test_auth0_client_credentials_by_private_key_jwt(
    terraform: Terraform, admin: Administrator, client_id: str
) -> None:
    audience = admin.api()["identifier"]
    admin.grant(client_id, audience)
    application = Application(admin.server, client_id, audience)
    # It asks first whether the client is there; what else comes back it does not read.
    assert terraform.read("clients", client_id, query=FIELDS_TO_CHECK) == {"client_id": client_id}
    credentials = "clients", client_id, "credentials"
    ids = []
    for name in ("first", "second"):
        pem = application.new_key("RS256").public_pem
        body = {"name": name, "credential_type": "public_key", "pem": pem, "alg": "RS256"}
        made = terraform.call("POST", *credentials, body=body)
        # All of these go into its state as computed attributes.
        assert {"id", "kid", "alg", "name", "created_at", "updated_at"} <= made.keys()
        ids.append(made["id"])
    link(terraform, client_id, ids)

    read = terraform.read("clients", client_id, query={"fields": READ_FIELDS, "include_fields": "true"})
    # No method by name and no secret: from that it concludes that the method is private_key_jwt.
    assert read == {"client_id": client_id, "client_authentication_methods": referring(ids)}
    for credential_id in ids:
        assert terraform.read(*credentials, credential_id) is not None
    later = terraform.call("PATCH", *credentials, ids[0], body={"expires_at": "2099-01-01T00:00:00Z"})
    # Compared as a moment, not as a text.
    assert later["expires_at"].startswith("2099-01-01T00:00:00")
    settle()
    assert application.by_assertion().status_code == 200

    # Destroy: what kind of application, which credentials, then off with the references and only then with each.
    assert terraform.read("clients", client_id, query={"fields": "client_id,app_type", "include_fields": "true"}) == {
        "client_id": client_id,
        "app_type": "non_interactive",
    }
    listed = terraform.call("GET", *credentials, query=LIST)
    # An array in spite of include_totals: it decodes into a list. All in it will be deleted, so no secret is among it.
    assert [row["id"] for row in listed] == ids[::-1]
    unlink(terraform, client_id)
    for row in listed:
        assert terraform.send("DELETE", *credentials, row["id"]).status_code == 204
    assert terraform.call("GET", *credentials, query=LIST) == []
    after = terraform.read("clients", client_id)
    assert after is not None
    assert after["token_endpoint_auth_method"] == "client_secret_post"


def referring(ids: list[str]) -> Json:
    return {"private_key_jwt": {"credentials": [{"id": id_} for id_ in ids]}}


def link(terraform: Terraform, client_id: str, ids: list[str]) -> None:
    """One PATCH that sets the one member and sends the other as null."""
    body = {"client_authentication_methods": referring(ids), "token_endpoint_auth_method": None}
    terraform.call("PATCH", "clients", client_id, body=body)


def unlink(terraform: Terraform, client_id: str) -> None:
    """The same backwards; the provider sends null for signed requests too, whether there were any or not."""
    body = {
        "client_authentication_methods": None,
        "signed_request_object": None,
        "token_endpoint_auth_method": "client_secret_post",
    }
    terraform.call("PATCH", "clients", client_id, body=body)


def test_a_credential_that_is_in_use_stays(terraform: Terraform, client_id: str) -> None:
    """Why the provider takes off the references first."""
    body = {"credential_type": "public_key", "pem": Key("RS256").public_pem, "alg": "RS256"}
    credential_id = terraform.call("POST", "clients", client_id, "credentials", body=body)["id"]
    link(terraform, client_id, [credential_id])
    assert terraform.send("DELETE", "clients", client_id, "credentials", credential_id).status_code == 400


def test_auth0_client_credentials_by_secret(terraform: Terraform, admin: Administrator, client_id: str) -> None:
    """A secret from the configuration: each of its two updates sends one member."""
    audience = admin.api()["identifier"]
    admin.grant(client_id, audience)
    secret = token_urlsafe(32)
    terraform.call("PATCH", "clients", client_id, body={"token_endpoint_auth_method": "client_secret_basic"})
    terraform.call("PATCH", "clients", client_id, body={"client_secret": secret})
    settle()
    assert Application(admin.server, client_id, audience, secret=secret).by_secret().status_code == 200
    read = terraform.read("clients", client_id, query={"fields": READ_FIELDS, "include_fields": "true"})
    # No secret to read: the provider takes that for an empty one (docs/divergences.md).
    assert read == {"client_id": client_id, "token_endpoint_auth_method": "client_secret_basic"}


def test_auth0_client_grant(terraform: Terraform, admin: Administrator, client_id: str) -> None:
    audience = admin.api()["identifier"]
    search = {"audience": audience, "client_id": client_id, **LIST}
    # It takes over a grant that is there, so the list must be empty and in the object form.
    assert terraform.call("GET", "client-grants", query=search) == {
        "start": 0,
        "limit": 50,
        "total": 0,
        "client_grants": [],
    }
    body = {"client_id": client_id, "audience": audience, "scope": ["read"]}
    made = terraform.call("POST", "client-grants", body=body)
    assert made.items() >= body.items()
    assert terraform.call("GET", "client-grants", query=search)["client_grants"] == [made]
    assert terraform.send("POST", "client-grants", body=body).status_code == 409
    assert terraform.read("client-grants", made["id"]) == made
    changed = terraform.call("PATCH", "client-grants", made["id"], body={"scope": ["write", "read"]})
    # The list is ordered in its state.
    assert changed["scope"] == ["write", "read"]
    assert terraform.call("PATCH", "client-grants", made["id"], body={"scope": []})["scope"] == []
    assert terraform.send("DELETE", "client-grants", made["id"]).status_code == 204
    assert terraform.read("client-grants", made["id"]) is None


def test_auth0_resource_server_and_its_scopes(terraform: Terraform) -> None:
    identifier = f"https://{unique('terraform')}.example/orders?v=1"
    body = {
        "identifier": identifier,
        "name": "Orders",
        "signing_alg": "PS256",
        "token_lifetime": 600,
        "token_lifetime_for_web": 300,
        "token_dialect": "access_token",
        "allow_offline_access": True,
        "proof_of_possession": {"mechanism": "mtls", "required": True},
        "authorization_details": [{"type": "payment"}, {"type": "https://orders.example/refund"}],
        "consent_policy": "transactional-authorization-with-mfa",
    }
    key = recipient("RSA-OAEP-256")
    shown = {"name": "key", "alg": key.alg, "kid": "kid"}
    encryption = {"format": "compact-nested-jwe", "encryption_key": {**shown, "pem": key.public_pem}}
    made = terraform.call("POST", "resource-servers", body={**body, "token_encryption": encryption})
    path = "resource-servers", made["id"]
    assert (terraform.read(*path) or {}).items() >= body.items()
    # Of the key its state has everything but the PEM, which it keeps from the configuration.
    assert made["token_encryption"]["encryption_key"] == {**shown, "thumbprint_sha256": key.thumbprint}
    # Its state may have the identifier instead of the id, escaped in the path.
    assert terraform.read("resource-servers", identifier) == made
    # _scopes: the whole list; _scope: the list as read, with one more or one less.
    scopes = [{"value": "read", "description": "See"}, {"value": "write", "description": ""}]
    assert terraform.call("PATCH", *path, body={"scopes": scopes})["scopes"] == scopes
    one_more = [*scopes, {"value": "pay"}]
    assert terraform.call("PATCH", "resource-servers", identifier, body={"scopes": one_more})["scopes"] == one_more
    assert "scopes" not in terraform.call("PATCH", *path, body={"scopes": []})
    gone = ("proof_of_possession", "authorization_details", "consent_policy", "token_encryption")
    changed = terraform.call("PATCH", *path, body={"token_lifetime": 60, **dict.fromkeys(gone)})
    # What it did not send stays; null takes away.
    assert (changed["token_lifetime"], changed["signing_alg"]) == (60, "PS256")
    assert not changed.keys() & set(gone)
    assert terraform.send("DELETE", *path).status_code == 204
    assert terraform.read(*path) is None


def test_the_management_api_is_imported_by_its_id(terraform: Terraform) -> None:
    listed = terraform.call("GET", "resource-servers", query={**LIST, "page": "0"})["resource_servers"]
    system = next(api for api in listed if api.get("is_system"))
    assert system["name"] == "Auth0 Management API"
    assert terraform.read("resource-servers", system["id"]) == system


def test_auth0_tenant(terraform: Terraform) -> None:
    name = unique("terraform")
    flags = {"enable_client_connections": True, "no_disclose_enterprise_connections": True}
    changed = terraform.call("PATCH", "tenants", "settings", body={"friendly_name": name, "flags": flags})
    assert changed["friendly_name"] == name
    # Flags that it did not send stay.
    assert changed["flags"].items() >= (flags | {"enable_sso": True}).items()
    # Below one hour it writes minutes, and reads hours.
    body = {"idle_ephemeral_session_lifetime_in_minutes": 30}
    assert terraform.call("PATCH", "tenants", "settings", body=body)["idle_ephemeral_session_lifetime"] == 0.5
    terraform.call("PATCH", "tenants", "settings", body={"idle_ephemeral_session_lifetime": 24})


def test_auth0_signing_keys(terraform: Terraform) -> None:
    keys = terraform.call("GET", "keys", "signing")
    # A bare array, whose members are all attributes of its data source.
    assert {"kid", "cert", "pkcs7", "current", "next", "fingerprint", "thumbprint"} <= keys[0].keys()
    current = [key for key in keys if key["current"]]
    assert current
    # It waits for exactly one that has "next" set before it offers to rotate.
    assert [key["kid"] for key in keys if key.get("next")]
    assert terraform.read("keys", "signing", current[0]["kid"]) == current[0]


def test_auth0_custom_domain_and_its_verification(terraform: Terraform) -> None:
    domain = f"{unique('terraform')}.example.com"
    made = terraform.call("POST", "custom-domains", body={"domain": domain, "type": "self_managed_certs"})
    path = "custom-domains", made["custom_domain_id"]
    # The record that a DNS resource of the same configuration makes.
    (method,) = made["verification"]["methods"]
    assert method["name"].lower() == "txt"
    assert method["record"]
    assert method["domain"]
    assert terraform.read(*path) == made
    changed = terraform.call("PATCH", *path, body={"custom_client_ip_header": "x-forwarded-for"})
    assert changed["custom_client_ip_header"] == "x-forwarded-for"
    # It asks until the status is ready; pending is no error. There is no such name in the DNS.
    verified: dict[str, Any] = terraform.call("POST", *path, "verify")
    assert verified["status"] != "ready"
    assert "cname_api_key" not in verified
    assert terraform.send("DELETE", *path).status_code == 204
    assert terraform.read(*path) is None


def test_auth0_pages_on_the_global_client(terraform: Terraform) -> None:
    """`auth0_pages` looks for the client that is global, and sets the login page there."""
    query = {"is_global": "true", "page": "0", **LIST}
    (everyone,) = terraform.call("GET", "clients", query=query)["clients"]
    assert (everyone["name"], everyone["global"]) == ("All Applications", True)
    page = {"custom_login_page": f"<html>{unique('page')}</html>", "custom_login_page_on": True}
    assert terraform.call("PATCH", "clients", everyone["client_id"], body=page).items() >= page.items()
    refusal = terraform.send("DELETE", "clients", everyone["client_id"])
    assert (refusal.status_code, refusal.json()["errorCode"]) == (400, "invalid_body")
    ids = {client["client_id"] for client in terraform.call("GET", "clients", query={"is_global": "false"})}
    assert everyone["client_id"] not in ids


def test_the_global_client_proves_nothing(terraform: Terraform, admin: Administrator) -> None:
    (everyone,) = terraform.call("GET", "clients", query={"is_global": "true"})
    client_id = everyone["client_id"]
    assert terraform.send("POST", "clients", client_id, "rotate-secret").status_code == 400
    for body in ({"token_endpoint_auth_method": "none"}, {"grant_types": ["client_credentials"]}):
        assert terraform.send("PATCH", "clients", client_id, body=body).status_code == 400
    answer = Application(admin.server, client_id, admin.api()["identifier"], secret="x" * 64).by_secret()
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
