"""What a new tenant contains from its first moment: its Management API, the application that may use it, a person."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import msgspec

from ..apis.client_grants import ClientGrant
from ..apis.resource_servers import ResourceServer
from ..clients.client import Client
from ..clients.credential import CLIENT_SECRET, Credential
from ..clients.secrets import SecretHasher, generate_secret
from ..ids import new_client_id, new_credential_id
from ..records import Json, Record
from ..tenants.tenant import Tenant
from ..users.passwords import generate_password, hash_password
from ..users.user import ADMINISTRATORS, User

CREATED_BY = "first start"
MANAGEMENT_API = "Auth0 Management API"
"""Its name on Auth0's wire (auth0.md 4.1): by it deploy-cli knows which API it must not carry to another tenant."""
MANAGEMENT_APPLICATION = "Management application"
GLOBAL_APPLICATION = "All Applications"
"""auth0.md 4.3: every tenant has it; tools for Auth0 look for it."""


class NewTenantContents(msgspec.Struct, frozen=True, kw_only=True):
    """The records, and what is shown of them once: in `bootstrap.json`, or on the operator's terminal."""

    records: Sequence[Record]
    management: Json
    admin: Json


def new_tenant_contents(tenant: Tenant, hasher: SecretHasher, now_ms: int) -> NewTenantContents:
    """Everything but the signing keys, which take time to make."""
    secret, password = generate_secret(), generate_password()
    audience = tenant.url("api/v2/")
    client = _management_application(tenant, now_ms)
    admin = _administrator(tenant, password, now_ms)
    records = (
        _management_api(tenant, audience, now_ms),
        client,
        _secret(client, hasher.hash(secret), now_ms),
        _all_scopes(client, audience, now_ms),
        _global_application(tenant, now_ms),
        admin,
    )
    return NewTenantContents(
        records=records,
        management={"client_id": client.client_id, "client_secret": secret, "audience": audience},
        admin={"email": admin.email, "password": password},
    )


def _management_api(tenant: Tenant, audience: str, now_ms: int) -> ResourceServer:
    return ResourceServer(
        tenant_id=tenant.tenant_id,
        id=secrets.token_hex(12),
        identifier=audience,
        name=MANAGEMENT_API,
        is_system=True,
        metadata={"signing_alg": "RS256", "token_lifetime": 86_400},
        created_at_ms=now_ms,
        updated_at_ms=now_ms,
    )


def _management_application(tenant: Tenant, now_ms: int) -> Client:
    return Client(
        tenant_id=tenant.tenant_id,
        client_id=new_client_id(),
        name=MANAGEMENT_APPLICATION,
        app_type="non_interactive",
        metadata={"grant_types": ["client_credentials"], "token_endpoint_auth_method": "client_secret_post"},
        created_at_ms=now_ms,
        updated_at_ms=now_ms,
    )


def _secret(client: Client, secret_hash: str, now_ms: int) -> Credential:
    return Credential(
        tenant_id=client.tenant_id,
        id=new_credential_id(),
        client_id=client.client_id,
        credential_type=CLIENT_SECRET,
        secret_hash=secret_hash,
        created_at_ms=now_ms,
        updated_at_ms=now_ms,
        created_by=CREATED_BY,
    )


def _all_scopes(client: Client, audience: str, now_ms: int) -> ClientGrant:
    """Holds every scope of the Management API, also those that upgrades add (design.md section 7)."""
    return ClientGrant(
        tenant_id=client.tenant_id,
        id="cgr_" + secrets.token_urlsafe(12).replace("-", "a").replace("_", "b"),
        client_id=client.client_id,
        audience=audience,
        metadata={"allow_all_scopes": True},
        is_system=True,
        created_at_ms=now_ms,
        updated_at_ms=now_ms,
    )


def _global_application(tenant: Tenant, now_ms: int) -> Client:
    return Client(
        tenant_id=tenant.tenant_id,
        client_id=new_client_id(),
        name=GLOBAL_APPLICATION,
        is_global=True,
        metadata={"grant_types": []},
        created_at_ms=now_ms,
        updated_at_ms=now_ms,
    )


def _administrator(tenant: Tenant, password: str, now_ms: int) -> User:
    return User(
        # Written together with its tenant, and so not by its version: this is the first.
        version=1,
        tenant_id=tenant.tenant_id,
        user_id="auth0|" + secrets.token_hex(12),
        email="admin@localhost",
        password_hash=hash_password(password),
        # Not a name that the tenant's people could not have because of it.
        connection=ADMINISTRATORS,
        is_administrator=True,
        created_at_ms=now_ms,
        updated_at_ms=now_ms,
    )
