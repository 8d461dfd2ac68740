"""What people may do at APIs: permissions of their own, and those that their roles have."""

from __future__ import annotations

from ..live import LiveRecords
from ..records import Records, RevisionCache, Revisions
from ..tenants.tenant import Tenant
from .role import Role, RoleMember, UserPermission


class Permissions:
    """Answers what a person may do now. A change takes effect at the next token; those given out stay as they are."""

    def __init__(self, live: LiveRecords, records: Records, revisions: Revisions) -> None:
        self._live = live
        self._records = records
        self._roles: RevisionCache[dict[str, Role]] = RevisionCache(revisions)

    async def of(self, tenant: Tenant, user_id: str, audience: str) -> frozenset[str]:
        """The permissions that a person has at one API, by themselves and by their roles.

        Whether the API still defines them is for the caller to compare; whether it enforces them too.
        """
        tenant_id = tenant.tenant_id
        own = await self._live.find(UserPermission, tenant_id, where={"user_id": user_id, "audience": audience})
        memberships = await self._live.find(RoleMember, tenant_id, where={"user_id": user_id})
        roles = await self._roles.get(tenant_id, "", lambda: self._load(tenant_id)) if memberships else {}
        by_roles = (roles[member.role_id] for member in memberships if member.role_id in roles)
        return frozenset(permission.permission for permission in own) | {
            one["permission_name"]
            for role in by_roles
            for one in role.permissions
            if one["resource_server_identifier"] == audience
        }

    async def _load(self, tenant_id: str) -> dict[str, Role]:
        return {role.id: role for role in await self._records.find(Role, tenant_id)}
