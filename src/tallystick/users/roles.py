"""The one writer of roles: what they allow, who has them, and which permissions people have by themselves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from ..errors import Conflict, InvalidField, NotFound
from ..events import Event, EventLog
from ..fields import Field, check_create, check_update, field_table
from ..ids import new_role_id
from ..live import LiveRecord, LiveRecords
from ..records import Decision, Json, Record, Writer
from ..tenants.registry import Log
from ..tenants.tenant import Tenant
from .accounts import Accounts
from .role import Role, RoleMember, UserPermission
from .user import User

ROLES_MAX = 1_000
"""Of one tenant."""
ROLES_PER_USER_MAX = 50
PERMISSIONS_MAX = 1_000
"""Of one role, or of one person."""
PERMISSIONS_BYTES_MAX = 1024 * 1024
"""A list of so many, whose names are as long as they may be."""
Defined = Callable[[str, str], Awaitable[frozenset[str] | None]]
"""(tenant_id, identifier of an API) → the permissions it defines, or None; `apis` is a neighbour."""


class PermissionRef(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A permission as the API's bodies name it."""

    resource_server_identifier: Annotated[str, Meta(min_length=1, max_length=600)]
    permission_name: Annotated[str, Meta(min_length=1, max_length=280)]


_Name = Annotated[str, Meta(min_length=1, max_length=200)]
_Id = Annotated[str, Meta(min_length=1, max_length=255)]


def _printable(text: str) -> None:
    if not text.isprintable() or not text.strip() or "<" in text or ">" in text:
        raise ValueError("Expected printable text, without < and >")


ROLE_FIELDS = field_table(
    (
        Field(name="id", type=str, read_only=True, description="Id of the role"),
        Field(name="name", type=_Name, required=True, check=_printable, description="Name, unique in the tenant"),
        Field(
            name="description",
            type=Annotated[str, Meta(max_length=500)],
            nullable=True,
            description="What the role is for",
        ),
    )
)
PERMISSIONS_FIELDS = field_table(
    (
        Field(
            name="permissions",
            type=Annotated[list[PermissionRef], Meta(min_length=1, max_length=PERMISSIONS_MAX)],
            required=True,
            description="Permissions of APIs, each with resource_server_identifier and permission_name",
        ),
    )
)
ROLES_FIELDS = field_table(
    (
        Field(
            name="roles",
            type=Annotated[list[_Id], Meta(min_length=1, max_length=ROLES_PER_USER_MAX)],
            required=True,
            description="Ids of roles",
        ),
    )
)
USERS_FIELDS = field_table(
    (
        Field(
            name="users",
            type=Annotated[list[_Id], Meta(min_length=1, max_length=100)],
            required=True,
            description="Ids of people",
        ),
    )
)


class Roles:
    """Makes, changes and gives roles and permissions."""

    def __init__(self, writer: Writer, live: LiveRecords, accounts: Accounts, defined: Defined, log: EventLog) -> None:
        self._writer = writer
        self._records = writer.records
        self._live = live
        self._accounts = accounts
        self._defined = defined
        self._log = log

    async def get(self, tenant_id: str, id: str) -> Role:
        """The role. Raises NotFound."""
        role = await self._records.get(Role, tenant_id, id)
        if role is None:
            raise NotFound("The role does not exist.", error_code="inexistent_role")
        return role

    async def create(self, tenant: Tenant, body: Json, now_ms: int, log: Log) -> Role:
        """A new role. Raises InvalidField, and Conflict for a name that is taken."""
        values, id, tenant_id = check_create(ROLE_FIELDS, body), new_role_id(), tenant.tenant_id

        async def decide() -> Decision[Role]:
            await self._check_name(tenant_id, values["name"])
            if await self._records.count(Role, tenant_id) >= ROLES_MAX:
                raise Conflict(
                    f"A tenant has at most {ROLES_MAX} roles", error_code="too_many_entities", check="role.limit"
                )
            role = Role(
                tenant_id=tenant_id,
                id=id,
                name=values["name"],
                description=values.get("description", ""),
                created_at_ms=now_ms,
                updated_at_ms=now_ms,
            )
            return Decision(role, saves=(role,), events=(log("Create a role", role_id=id, name=role.name),))

        return await self._writer.carry_out(tenant_id, decide)

    async def update(self, tenant: Tenant, id: str, body: Json, now_ms: int, log: Log) -> Role:
        """The role after an update. Raises InvalidField, NotFound and Conflict."""
        update = check_update(ROLE_FIELDS, body)

        async def decide() -> Decision[Role]:
            role = await self.get(tenant.tenant_id, id)
            name = update.get("name", role.name)
            if name != role.name:
                await self._check_name(tenant.tenant_id, name)
            description = update.get("description", role.description) or ""
            changed = replace(role, name=name, description=description, updated_at_ms=now_ms)
            event = log("Update a role", role_id=id, changed=sorted(update))
            return Decision(changed, saves=(changed,), events=(event,))

        return await self._writer.carry_out(tenant.tenant_id, decide)

    async def erase(self, tenant: Tenant, id: str, log: Log) -> None:
        """Delete a role: nobody has it any more. Raises NotFound."""

        async def decide() -> Decision[None]:
            role = await self.get(tenant.tenant_id, id)
            return Decision(None, erasures=(role,), events=(log("Delete a role", role_id=id),))

        await self._writer.carry_out(tenant.tenant_id, decide)
        await self._live.erase_where(RoleMember, tenant.tenant_id, {"role_id": id})

    async def allow(self, tenant: Tenant, id: str, body: Json, now_ms: int, log: Log) -> None:
        """Give a role permissions. Raises InvalidField for what no API defines, and NotFound."""
        added = await self._permissions(tenant.tenant_id, body)

        def with_added(role: Role) -> list[Json]:
            known = [*role.permissions, *(one for one in added if one not in role.permissions)]
            if len(known) > PERMISSIONS_MAX:
                raise _too_many_permissions()
            return known

        await self._set_permissions(tenant, id, with_added, now_ms, log, "Add permissions to a role")

    async def disallow(self, tenant: Tenant, id: str, body: Json, now_ms: int, log: Log) -> None:
        """Take permissions from a role. Raises InvalidField and NotFound."""
        taken = check_create(PERMISSIONS_FIELDS, body)["permissions"]

        def without(role: Role) -> list[Json]:
            return [one for one in role.permissions if one not in taken]

        await self._set_permissions(tenant, id, without, now_ms, log, "Remove permissions from a role")

    async def of_user(self, tenant_id: str, user_id: str) -> list[Role]:
        """The roles of a person, in the order in which they got them. Raises NotFound."""
        await self._accounts.get(tenant_id, user_id)
        members = await self._live.find(RoleMember, tenant_id, where={"user_id": user_id})
        roles = await self._records.find(Role, tenant_id, where={"id": tuple(one.role_id for one in members)})
        by_id = {role.id: role for role in roles}
        return [by_id[member.role_id] for member in members if member.role_id in by_id]

    async def give(
        self, tenant: Tenant, user_ids: Sequence[str], role_ids: Sequence[str], now_ms: int, log: Log
    ) -> None:
        """Give people roles; those they have they keep. Raises NotFound, and Conflict beyond the bound."""
        tenant_id = tenant.tenant_id
        users = [await self._accounts.get(tenant_id, user_id) for user_id in dict.fromkeys(user_ids)]
        for role_id in role_ids:
            await self.get(tenant_id, role_id)
        for user in users:
            held = await self._live.find(RoleMember, tenant_id, where={"user_id": user.user_id})
            known = {member.role_id for member in held}
            new = [role_id for role_id in dict.fromkeys(role_ids) if role_id not in known]
            if len(known) + len(new) > ROLES_PER_USER_MAX:
                raise Conflict(
                    f"A person has at most {ROLES_PER_USER_MAX} roles",
                    error_code="too_many_entities",
                    check="role.limit",
                )
            made = [
                RoleMember(tenant_id=tenant_id, user_id=user.user_id, role_id=role_id, created_at_ms=now_ms)
                for role_id in new
            ]
            await self._add(user, made, log, "Assign roles to a user", roles=new)

    async def take(self, tenant: Tenant, user_id: str, role_ids: Sequence[str], log: Log) -> None:
        """Take roles from a person; those they do not have are no error. Raises NotFound."""
        user = await self._accounts.get(tenant.tenant_id, user_id)
        where = {"user_id": user_id, "role_id": tuple(role_ids)}
        await self._live.erase_where(RoleMember, tenant.tenant_id, where)
        await self._log.record(_about(log("Remove roles from a user", roles=list(role_ids)), user))

    async def members(self, tenant_id: str, id: str, offset: int, limit: int | None) -> list[User]:
        """Who has a role, in the order in which they got it. Raises NotFound."""
        await self.get(tenant_id, id)
        found = await self._live.find(RoleMember, tenant_id, where={"role_id": id}, offset=offset, limit=limit)
        people = await self._live.find(User, tenant_id, where={"user_id": tuple(one.user_id for one in found)})
        by_id = {user.user_id: user for user in people}
        return [by_id[member.user_id] for member in found if member.user_id in by_id]

    async def members_count(self, tenant_id: str, id: str) -> int:
        """How many have it."""
        return await self._live.count(RoleMember, tenant_id, where={"role_id": id})

    async def allow_user(self, tenant: Tenant, user_id: str, body: Json, now_ms: int, log: Log) -> None:
        """Give a person permissions of their own. Raises InvalidField and NotFound."""
        tenant_id = tenant.tenant_id
        user = await self._accounts.get(tenant_id, user_id)
        added = await self._permissions(tenant_id, body)
        held = await self._live.find(UserPermission, tenant_id, where={"user_id": user_id})
        known = {(one.audience, one.permission) for one in held}
        made = [
            UserPermission(
                tenant_id=tenant_id,
                user_id=user_id,
                audience=one["resource_server_identifier"],
                permission=one["permission_name"],
                created_at_ms=now_ms,
            )
            for one in added
            if (one["resource_server_identifier"], one["permission_name"]) not in known
        ]
        if len(known) + len(made) > PERMISSIONS_MAX:
            raise _too_many_permissions()
        await self._add(user, made, log, "Assign permissions to a user", permissions=added)

    async def disallow_user(self, tenant: Tenant, user_id: str, body: Json, log: Log) -> None:
        """Take permissions of their own from a person. Raises InvalidField and NotFound."""
        user = await self._accounts.get(tenant.tenant_id, user_id)
        taken = check_create(PERMISSIONS_FIELDS, body)["permissions"]
        for one in taken:
            place = {"audience": one["resource_server_identifier"], "permission": one["permission_name"]}
            await self._live.erase_where(UserPermission, tenant.tenant_id, {"user_id": user_id, **place})
        await self._log.record(_about(log("Remove permissions from a user", permissions=taken), user))

    async def _check_name(self, tenant_id: str, name: str) -> None:
        if await self._records.count(Role, tenant_id, where={"name": name}):
            raise Conflict("A role with this name already exists.", error_code="role_conflict", check="role.unique")

    async def _permissions(self, tenant_id: str, body: Json) -> list[Json]:
        """The permissions of a body, each once; every one is defined. Raises InvalidField and NotFound."""
        given: list[Json] = check_create(PERMISSIONS_FIELDS, body)["permissions"]
        for audience in dict.fromkeys(one["resource_server_identifier"] for one in given):
            defined = await self._defined(tenant_id, audience)
            if defined is None:
                raise NotFound("The resource server does not exist", error_code="inexistent_resource_server")
            wanted = {one["permission_name"] for one in given if one["resource_server_identifier"] == audience}
            if unknown := sorted(wanted - defined):
                reason = f"{audience} does not define: {', '.join(unknown)[:200]}"
                raise InvalidField("permissions", reason, check="role.permission")
        return [one for place, one in enumerate(given) if one not in given[:place]]

    async def _set_permissions(
        self, tenant: Tenant, id: str, change: Callable[[Role], list[Json]], now_ms: int, log: Log, done: str
    ) -> None:
        async def decide() -> Decision[None]:
            role = await self.get(tenant.tenant_id, id)
            changed = replace(role, permissions=change(role), updated_at_ms=now_ms)
            return Decision(None, saves=(changed,), events=(log(done, role_id=id),))

        await self._writer.carry_out(tenant.tenant_id, decide)

    async def _add(self, user: User, made: Sequence[LiveRecord], log: Log, done: str, **details: object) -> None:
        event = _about(log(done, **details), user)
        if not made:
            await self._log.record(event)
            return
        try:
            await self._live.write(saves=made, events=(event,))
        except Conflict:
            # Somebody gave one of them at the same moment: then each by itself.
            for one in made:
                try:
                    await self._live.write(saves=(one,))
                except Conflict:
                    continue
            await self._log.record(event)


def without_permissions(roles: Iterable[Role], audience: str, kept: frozenset[str]) -> list[Record]:
    """The roles that change when an API defines fewer permissions, or none, without those that are gone."""
    changed: list[Record] = []
    for role in roles:
        left = [
            one
            for one in role.permissions
            if one["resource_server_identifier"] != audience or one["permission_name"] in kept
        ]
        if left != role.permissions:
            changed.append(replace(role, permissions=left))
    return changed


def _too_many_permissions() -> Conflict:
    return Conflict(
        f"At most {PERMISSIONS_MAX} permissions can be given", error_code="too_many_entities", check="role.limit"
    )


def _about(event: Event, user: User) -> Event:
    return replace(event, user_id=user.user_id, user_name=user.email, connection=user.connection)
