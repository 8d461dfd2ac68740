"""People, managed by Auth0's own SDKs: made, found, changed, given a role, deleted."""

from __future__ import annotations

import httpx
import pytest
from auth0.management import ManagementClient, PermissionRequestPayload
from auth0.management.errors import ConflictError, NotFoundError

from tests.administrator import Administrator, unique
from tests.interop.nodejs import run_node
from tests.people import PASSWORD
from tests.server import Server

CONNECTION = "Username-Password-Authentication"


def test_auth0_python(trusted: Server, admin: Administrator) -> None:
    management, email = trusted.bootstrap["management"], f"{unique('ann')}@example.org"
    with httpx.Client(verify=trusted.tls(), timeout=20) as http:
        sdk = ManagementClient(
            domain=trusted.domain,
            client_id=management["client_id"],
            client_secret=management["client_secret"],
            httpx_client=http,
        )
        made = sdk.users.create(connection=CONNECTION, email=email, password=PASSWORD, user_metadata={"a": 1})
        user_id = str(made.user_id)
        assert (made.email, made.email_verified, made.nickname) == (email, False, email.partition("@")[0])
        changed = sdk.users.update(user_id, given_name="Änn", app_metadata={"plan": "gold"})
        assert changed.given_name == "Änn"
        assert [one.user_id for one in sdk.users.list(q=f'email:"{email}" AND app_metadata.plan:gold')] == [user_id]
        assert [one.user_id for one in sdk.users.list_users_by_email(email=email)] == [user_id]
        role = sdk.roles.create(name=email, description="Reads")
        audience, role_id = str(admin.api()["identifier"]), str(role.id)
        permission = PermissionRequestPayload(resource_server_identifier=audience, permission_name="read")
        sdk.roles.permissions.add(role_id, permissions=[permission])
        sdk.users.roles.assign(user_id, roles=[role_id])
        assert [one.name for one in sdk.users.roles.list(user_id)] == [email]
        assert [one.user_id for one in sdk.roles.users.list(role_id)] == [user_id]
        assert [one.permission_name for one in sdk.users.permissions.list(user_id)] == ["read"]
        sdk.users.roles.delete(user_id, roles=[role_id])
        assert list(sdk.users.roles.list(user_id)) == []
        assert sdk.user_blocks.list(user_id).blocked_for == []
        with pytest.raises(ConflictError):
            sdk.users.create(connection=CONNECTION, email=email)
        sdk.roles.delete(role_id)
        sdk.users.delete(user_id)
        with pytest.raises(NotFoundError):
            sdk.users.get(user_id)


def test_auth0_for_node(server: Server, admin: Administrator) -> None:
    email = f"{unique('ann')}@example.org"
    task = {"domain": server.domain, "management": server.bootstrap["management"], "email": email}
    result = run_node(server, "auth0_users.mjs", {**task, "audience": admin.api()["identifier"]})
    user_id = result["made"]["user_id"]
    assert result["updated"]["given_name"] == "Änn"
    assert (result["found"], result["byEmail"], result["members"]) == ([email], [user_id], [user_id])
    assert (result["roles"], result["permissions"], result["left"]) == ([email], ["read"], [])
    assert result["blocks"] == []
    assert result["taken"] == {"statusCode": 409, "message": "The user already exists."}
    assert result["gone"] == {"statusCode": 404, "errorCode": "inexistent_user"}
