"""A permission as it is shown: with the name of its API, and where a person has it from."""

from __future__ import annotations

from collections.abc import Sequence

from ..apis.resource_servers import ResourceServer
from ..fields import Field, field_table
from ..records import Json, Records
from ..users.role import Role
from .call import Call
from .description import Shown
from .pagination import page_of

_FIELDS = field_table(
    (
        Field(name="resource_server_identifier", type=str, description="Identifier of the API"),
        Field(name="permission_name", type=str, description="What the API calls it"),
        Field(name="resource_server_name", type=str, description="Name of the API"),
        Field(name="description", type=str, description="What it allows"),
        Field(name="sources", type=list[Json], description="Where a person has it from: DIRECT, or a role"),
    )
)
PERMISSION_SHOWN = Shown("Permission", _FIELDS, optional=("resource_server_name", "description", "sources"))
Held = tuple[Json, Sequence[Role | None]]
"""The permission, and from which roles; None for by themselves."""


class PermissionNames:
    """Shows permissions with what their APIs say of them."""

    def __init__(self, records: Records) -> None:
        self._records = records

    async def page(self, call: Call, held: Sequence[Held]) -> object:
        """The page of these permissions that a call asks for."""
        apis = {api.identifier: api for api in await self._records.find(ResourceServer, call.tenant.tenant_id)}

        async def find(*, offset: int, limit: int | None) -> Sequence[Held]:
            return held[offset:] if limit is None else held[offset : offset + limit]

        async def count() -> int:
            return len(held)

        def shape(one: Held) -> Json:
            permission, roles = one
            return {
                **permission,
                **_said(apis, permission),
                **({"sources": list(map(_source, roles))} if roles else {}),
            }

        return await page_of(call.query).body("permissions", find, count, shape)


def _said(apis: dict[str, ResourceServer], permission: Json) -> Json:
    api = apis.get(permission["resource_server_identifier"])
    if api is None:
        return {}
    scopes = {scope["value"]: scope.get("description") for scope in api.metadata.get("scopes", ())}
    said = {"resource_server_name": api.name, "description": scopes.get(permission["permission_name"])}
    return {name: value for name, value in said.items() if value is not None}


def _source(role: Role | None) -> Json:
    if role is None:
        return {"source_id": "", "source_name": "", "source_type": "DIRECT"}
    return {"source_id": role.id, "source_name": role.name, "source_type": "ROLE"}
