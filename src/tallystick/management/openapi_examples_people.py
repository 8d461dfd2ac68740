"""Examples of bodies about people. See `openapi_examples`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_PERMISSIONS = {
    "permissions": [
        {"resource_server_identifier": "https://orders.example.com/", "permission_name": "read:orders"},
    ]
}
_ROLES = {"roles": ["rol_AbCdEfGhIjKlMnOp"]}

EXAMPLES: Mapping[str, Any] = {
    "CreateUser": {
        "connection": "Username-Password-Authentication",
        "email": "ann@example.com",
        "password": "tally sticks are split in two",
        "given_name": "Ann",
        "family_name": "Example",
    },
    "UpdateUser": {"blocked": False, "user_metadata": {"colour": "green"}, "app_metadata": {"plan": "gold"}},
    "CreateRole": {"name": "Order clerk", "description": "Reads orders"},
    "UpdateRole": {"description": "Reads and answers orders"},
    "AddRolePermissions": _PERMISSIONS,
    "RemoveRolePermissions": _PERMISSIONS,
    "AssignRoleUsers": {"users": ["auth0|507f1f77bcf86cd799439020"]},
    "AssignUserRoles": _ROLES,
    "RemoveUserRoles": _ROLES,
    "AssignUserPermissions": _PERMISSIONS,
    "RemoveUserPermissions": _PERMISSIONS,
}
"""Name of a body's schema → an example of it."""
