"""Roles and permissions: what people may do at APIs that enforce it."""

from __future__ import annotations

import msgspec

from ..live import LiveRecord
from ..records import Json, Record


class Role(Record, frozen=True, kw_only=True):
    """A named set of permissions of the tenant."""

    id: str
    name: str
    description: str = ""
    permissions: list[Json] = msgspec.field(default_factory=list)
    """``{"resource_server_identifier": …, "permission_name": …}``, each once."""
    created_at_ms: int
    updated_at_ms: int


class RoleMember(LiveRecord, frozen=True, kw_only=True):
    """A person has a role."""

    user_id: str
    role_id: str
    created_at_ms: int


class UserPermission(LiveRecord, frozen=True, kw_only=True):
    """A permission that a person has by themselves."""

    user_id: str
    audience: str
    """The identifier of the API."""
    permission: str
    created_at_ms: int
