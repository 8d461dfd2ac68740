"""The Management API's resources about people, each with what it needs."""

from __future__ import annotations

from msgspec.structs import replace

from ..apis.registry import ForgetPermissions, find_resource_server
from ..events import EventType
from ..management.call import Call
from ..management.permission_body import PermissionNames
from ..management.roles import RoleResource
from ..management.routes import Resource
from ..management.user_blocks import UserBlockResource
from ..management.user_roles import UserRoleResource
from ..management.users import UserResource, Verify
from ..records import Record
from ..users.blocks import Blocks
from ..users.role import Role, UserPermission
from ..users.roles import Roles, without_permissions
from ..users.user import User
from .mailed import mailed_links_of
from .worker import Worker


def people_resources(worker: Worker) -> tuple[Resource, ...]:
    """The resources."""
    storage, accounts = worker.storage, worker.people.accounts
    names = PermissionNames(storage)

    async def defined(tenant_id: str, audience: str) -> frozenset[str] | None:
        api = await find_resource_server(storage, tenant_id, audience)
        return None if api is None else frozenset(scope["value"] for scope in api.metadata.get("scopes", ()))

    roles = Roles(worker.writer, storage, accounts, defined, storage)
    return (
        UserResource(accounts, storage, storage, _verify_by(worker)),
        UserRoleResource(storage, roles, names),
        RoleResource(storage, roles, names),
        UserBlockResource(accounts, Blocks(storage, storage, storage)),
    )


def _verify_by(worker: Worker) -> Verify:
    links = mailed_links_of(worker)

    async def verify(call: Call, user: User) -> None:
        event = call.event("A link that proves the address was mailed")
        event = replace(
            event,
            type=EventType.VERIFICATION_MAILED,
            user_id=user.user_id,
            user_name=user.email,
            connection=user.connection,
        )
        await links.verify(call.tenant, user, event, call.now_ms)

    return verify


def forget_permissions_by(worker: Worker) -> ForgetPermissions:
    """What an API no longer defines, no role and no person has any more."""
    return PermissionsForgotten(worker)


class PermissionsForgotten:
    """Implements `apis.registry.ForgetPermissions`."""

    def __init__(self, worker: Worker) -> None:
        self._storage = worker.storage

    async def with_change(self, tenant_id: str, audience: str, kept: frozenset[str]) -> list[Record]:
        """The roles that change with the API, in the same commit."""
        return without_permissions(await self._storage.find(Role, tenant_id), audience, kept)

    async def after_change(self, tenant_id: str, audience: str, kept: frozenset[str]) -> None:
        """What people have by themselves goes once the API stands as it is."""
        held = await self._storage.find(UserPermission, tenant_id, where={"audience": audience})
        for permission in {one.permission for one in held} - kept:
            where = {"audience": audience, "permission": permission}
            await self._storage.erase_where(UserPermission, tenant_id, where)
