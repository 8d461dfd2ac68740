"""``/users/{id}/roles`` and ``/users/{id}/permissions`` (auth0.md 4.9): what a person may do, and by what."""

from __future__ import annotations

from collections.abc import Sequence

from ..fields import check_create
from ..live import LiveRecords
from ..users.role import Role, UserPermission
from ..users.roles import PERMISSIONS_BYTES_MAX, PERMISSIONS_FIELDS, ROLES_FIELDS, Roles
from .call import Answer, Call, Route
from .description import Body, Pages
from .pagination import PARAMETERS, page_of
from .permission_body import PERMISSION_SHOWN, PermissionNames
from .roles import ENTITY, SHOWN, role_body

_ROLES, _PERMISSIONS = "/users/{id}/roles", "/users/{id}/permissions"
_OFFSET = {name: PARAMETERS[name] for name in ("page", "per_page", "include_totals")}
_UPDATE = ("update:users",)


class UserRoleResource:
    """The resource."""

    def __init__(self, live: LiveRecords, roles: Roles, names: PermissionNames) -> None:
        self._live = live
        self._roles = roles
        self._names = names

    def routes(self) -> tuple[Route, ...]:
        """Its rows of the route table."""
        return (
            Route(
                "GET",
                _ROLES,
                self._list,
                ("read:users", "read:roles", "read:role_members"),
                "List a person's roles",
                query=_OFFSET,
                answers={200: Pages(SHOWN, ENTITY)},
                problems=(404,),
            ),
            Route(
                "POST",
                _ROLES,
                self._give,
                ("update:users", "create:role_members"),
                "Give a person roles",
                body=Body("AssignUserRoles", ROLES_FIELDS),
                answers={204: None},
                problems=(404, 409),
            ),
            Route(
                "DELETE",
                _ROLES,
                self._take,
                ("update:users", "delete:role_members"),
                "Take roles from a person",
                body=Body("RemoveUserRoles", ROLES_FIELDS),
                answers={204: None},
                problems=(404,),
            ),
            Route(
                "GET",
                _PERMISSIONS,
                self._permissions,
                ("read:users",),
                "List what a person may do, by themselves and by their roles",
                query=_OFFSET,
                answers={200: Pages(PERMISSION_SHOWN, "permissions")},
                problems=(404,),
            ),
            Route(
                "POST",
                _PERMISSIONS,
                self._allow,
                _UPDATE,
                "Give a person permissions",
                body=Body("AssignUserPermissions", PERMISSIONS_FIELDS, bytes_max=PERMISSIONS_BYTES_MAX),
                answers={201: None},
                problems=(404, 409),
            ),
            Route(
                "DELETE",
                _PERMISSIONS,
                self._disallow,
                _UPDATE,
                "Take permissions from a person",
                body=Body("RemoveUserPermissions", PERMISSIONS_FIELDS, bytes_max=PERMISSIONS_BYTES_MAX),
                answers={204: None},
                problems=(404,),
            ),
        )

    async def _list(self, call: Call) -> Answer:
        found = await self._roles.of_user(call.tenant.tenant_id, call.path["id"])

        async def find(*, offset: int, limit: int | None) -> Sequence[Role]:
            return found[offset:] if limit is None else found[offset : offset + limit]

        async def count() -> int:
            return len(found)

        return Answer(200, await page_of(call.query).body(ENTITY, find, count, role_body))

    async def _give(self, call: Call) -> Answer:
        roles = check_create(ROLES_FIELDS, call.body)["roles"]
        await self._roles.give(call.tenant, [call.path["id"]], roles, call.now_ms, call.event)
        return Answer(204)

    async def _take(self, call: Call) -> Answer:
        roles = check_create(ROLES_FIELDS, call.body)["roles"]
        await self._roles.take(call.tenant, call.path["id"], roles, call.event)
        return Answer(204)

    async def _permissions(self, call: Call) -> Answer:
        tenant_id, user_id = call.tenant.tenant_id, call.path["id"]
        roles = await self._roles.of_user(tenant_id, user_id)
        sources: dict[tuple[str, str], list[Role | None]] = {}
        for own in await self._live.find(UserPermission, tenant_id, where={"user_id": user_id}):
            sources.setdefault((own.audience, own.permission), []).append(None)
        for role in roles:
            for one in role.permissions:
                place = (one["resource_server_identifier"], one["permission_name"])
                sources.setdefault(place, []).append(role)
        held = [
            ({"resource_server_identifier": audience, "permission_name": name}, by)
            for (audience, name), by in sources.items()
        ]
        return Answer(200, await self._names.page(call, held))

    async def _allow(self, call: Call) -> Answer:
        await self._roles.allow_user(call.tenant, call.path["id"], call.body, call.now_ms, call.event)
        return Answer(201)

    async def _disallow(self, call: Call) -> Answer:
        await self._roles.disallow_user(call.tenant, call.path["id"], call.body, call.event)
        return Answer(204)
