"""``/roles`` (auth0.md 4.9): named sets of permissions, and who has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from ..fields import Field, check_create
from ..records import Json, Records
from ..users.role import Role
from ..users.roles import PERMISSIONS_BYTES_MAX, PERMISSIONS_FIELDS, ROLE_FIELDS, USERS_FIELDS, Roles
from ..users.user import User
from .call import Answer, Call, Route
from .description import Body, Pages, Shown, kept
from .pagination import PARAMETERS, page_of
from .permission_body import PERMISSION_SHOWN, PermissionNames
from .user_body import SHOWN as USER_SHOWN
from .user_body import user_body

ENTITY = "roles"
_LIST, _ONE = "/roles", "/roles/{id}"
_READ, _UPDATE = ("read:roles",), ("update:roles",)
_OFFSET = {name: PARAMETERS[name] for name in ("page", "per_page", "include_totals")}
_FILTERS = {
    **_OFFSET,
    "name_filter": Field(
        name="name_filter", type=Annotated[str, Meta(max_length=200)], description="Part of the name, in any case"
    ),
    "type": Field(name="type", type=str, description="Taken: every role is the tenant's"),
}
SHOWN = Shown("Role", kept(ROLE_FIELDS), optional=("description",))


class RoleResource:
    """The resource."""

    def __init__(self, records: Records, roles: Roles, names: PermissionNames) -> None:
        self._records = records
        self._roles = roles
        self._names = names

    def routes(self) -> tuple[Route, ...]:
        """Its rows of the route table."""
        return (
            Route(
                "GET", _LIST, self._list, _READ, "List the roles", query=_FILTERS, answers={200: Pages(SHOWN, ENTITY)}
            ),
            # 200 where one would expect 201, and 200 for what is deleted: as Auth0.
            Route(
                "POST",
                _LIST,
                self._create,
                ("create:roles",),
                "Make a role",
                body=Body("CreateRole", ROLE_FIELDS),
                answers={200: SHOWN},
                problems=(409,),
            ),
            Route("GET", _ONE, self._get, _READ, "Get a role", answers={200: SHOWN}, problems=(404,)),
            Route(
                "PATCH",
                _ONE,
                self._update,
                _UPDATE,
                "Change a role",
                body=Body("UpdateRole", ROLE_FIELDS, update=True),
                answers={200: SHOWN},
                problems=(404, 409),
            ),
            Route(
                "DELETE", _ONE, self._erase, ("delete:roles",), "Delete a role", answers={200: None}, problems=(404,)
            ),
            Route(
                "GET",
                _ONE + "/permissions",
                self._permissions,
                _READ,
                "List what a role allows",
                query=_OFFSET,
                answers={200: Pages(PERMISSION_SHOWN, "permissions")},
                problems=(404,),
            ),
            Route(
                "POST",
                _ONE + "/permissions",
                self._allow,
                _UPDATE,
                "Give a role permissions",
                body=Body("AddRolePermissions", PERMISSIONS_FIELDS, bytes_max=PERMISSIONS_BYTES_MAX),
                answers={201: None},
                problems=(404, 409),
            ),
            Route(
                "DELETE",
                _ONE + "/permissions",
                self._disallow,
                _UPDATE,
                "Take permissions from a role",
                body=Body("RemoveRolePermissions", PERMISSIONS_FIELDS, bytes_max=PERMISSIONS_BYTES_MAX),
                answers={200: None},
                problems=(404,),
            ),
            Route(
                "GET",
                _ONE + "/users",
                self._members,
                ("read:users", "read:roles", "read:role_members"),
                "List who has a role",
                query=PARAMETERS,
                answers={200: Pages(USER_SHOWN, "users")},
                problems=(404,),
            ),
            Route(
                "POST",
                _ONE + "/users",
                self._give,
                ("update:roles", "create:role_members"),
                "Give people a role",
                body=Body("AssignRoleUsers", USERS_FIELDS),
                answers={200: None},
                problems=(404, 409),
            ),
        )

    async def _list(self, call: Call) -> Answer:
        part = call.query.get("name_filter", "").casefold()
        every = await self._records.find(Role, call.tenant.tenant_id)
        found = [role for role in every if part in role.name.casefold()]

        async def find(*, offset: int, limit: int | None) -> Sequence[Role]:
            return found[offset:] if limit is None else found[offset : offset + limit]

        async def count() -> int:
            return len(found)

        return Answer(200, await page_of(call.query).body(ENTITY, find, count, role_body))

    async def _get(self, call: Call) -> Answer:
        return Answer(200, role_body(await self._roles.get(call.tenant.tenant_id, call.path["id"])))

    async def _create(self, call: Call) -> Answer:
        return Answer(200, role_body(await self._roles.create(call.tenant, call.body, call.now_ms, call.event)))

    async def _update(self, call: Call) -> Answer:
        role = await self._roles.update(call.tenant, call.path["id"], call.body, call.now_ms, call.event)
        return Answer(200, role_body(role))

    async def _erase(self, call: Call) -> Answer:
        await self._roles.erase(call.tenant, call.path["id"], call.event)
        return Answer(200)

    async def _permissions(self, call: Call) -> Answer:
        role = await self._roles.get(call.tenant.tenant_id, call.path["id"])
        return Answer(200, await self._names.page(call, [(one, ()) for one in role.permissions]))

    async def _allow(self, call: Call) -> Answer:
        await self._roles.allow(call.tenant, call.path["id"], call.body, call.now_ms, call.event)
        return Answer(201)

    async def _disallow(self, call: Call) -> Answer:
        await self._roles.disallow(call.tenant, call.path["id"], call.body, call.now_ms, call.event)
        return Answer(200)

    async def _members(self, call: Call) -> Answer:
        tenant_id, id = call.tenant.tenant_id, call.path["id"]

        async def find(*, offset: int, limit: int | None) -> Sequence[User]:
            return await self._roles.members(tenant_id, id, offset, limit)

        async def count() -> int:
            return await self._roles.members_count(tenant_id, id)

        return Answer(200, await page_of(call.query).body("users", find, count, _member_body))

    async def _give(self, call: Call) -> Answer:
        users = check_create(USERS_FIELDS, call.body)["users"]
        await self._roles.give(call.tenant, users, [call.path["id"]], call.now_ms, call.event)
        return Answer(200)


def role_body(role: Role) -> Json:
    """The role as JSON."""
    return {"id": role.id, "name": role.name, "description": role.description}


def _member_body(user: User) -> Json:
    names = ("user_id", "email", "name", "picture")
    return {name: value for name, value in user_body(user).items() if name in names}
