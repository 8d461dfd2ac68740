"""The rules for client grants: what a new one is, and what an update makes of it. Pure."""

from __future__ import annotations

import secrets
import string
from collections.abc import Iterable

from msgspec.structs import replace

from ..errors import Conflict, InvalidField, NotPermitted
from ..fields import check_create, check_update, merged
from ..records import Json
from .client_grant_fields import CLIENT_GRANT_FIELDS
from .client_grants import ClientGrant
from .resource_servers import ResourceServer

COLUMNS = ("client_id", "audience", "subject_type", "scope")
"""Fields that the record has itself; all others are its metadata."""
_TYPES = "authorization_details_types"
_ALPHANUMERIC = string.ascii_letters + string.digits


def new_client_grant_id() -> str:
    """A fresh id: ``cgr_`` and 16 characters, 95 bits."""
    return "cgr_" + "".join(secrets.choice(_ALPHANUMERIC) for _ in range(16))


def checked_new(body: Json) -> Json:
    """The members of a new grant, checked against the table. Raises InvalidField."""
    values = check_create(CLIENT_GRANT_FIELDS, body)
    _check_one_of_both(values)
    return values


def new_client_grant(
    tenant_id: str, id: str, values: Json, api: ResourceServer, existing: ClientGrant | None, now_ms: int
) -> ClientGrant:
    """The record for checked members. Raises Conflict for a second grant, InvalidField for what the API lacks."""
    if existing is not None:
        raise Conflict(
            "A client grant for this client, audience and subject type already exists",
            error_code="client_grant_conflict",
            check="grant.unique",
        )
    scope = [] if values.get("allow_all_scopes") else values.get("scope", [])
    _check_defined(scope, api)
    _check_registered(values.get(_TYPES) or (), api)
    return ClientGrant(
        tenant_id=tenant_id,
        id=id,
        client_id=values["client_id"],
        audience=values["audience"],
        subject_type=values["subject_type"],
        scope=scope,
        metadata=_metadata(values),
        created_at_ms=now_ms,
        updated_at_ms=now_ms,
    )


def updated_client_grant(grant: ClientGrant, body: Json, api: ResourceServer, now_ms: int) -> ClientGrant:
    """The grant after an update. A new ``scope`` ends ``allow_all_scopes``. Raises InvalidField and NotPermitted."""
    update = check_update(CLIENT_GRANT_FIELDS, body)
    check_changeable(grant)
    _check_one_of_both(update)
    scope = grant.scope
    if update.get("allow_all_scopes"):
        scope = []
    elif "scope" in update:
        scope = update["scope"] or []
        # Scopes that the API has dropped since may stay named; they are worth nothing (`effective`).
        _check_defined([value for value in scope if value not in grant.scope], api)
        update = {**update, "allow_all_scopes": None}
    _check_registered([value for value in update.get(_TYPES) or () if value not in grant.detail_types], api)
    return replace(grant, scope=scope, metadata=merged(grant.metadata, _metadata(update)), updated_at_ms=now_ms)


def check_changeable(grant: ClientGrant) -> None:
    """Raises NotPermitted for the management application's own grant: without it nobody could administer."""
    if grant.is_system:
        raise NotPermitted(
            "The management application and its grant cannot be deleted, nor the grant changed",
            error_code="operation_not_supported",
            check="grant.system",
        )


def _metadata(values: Json) -> Json:
    return {name: value for name, value in values.items() if name not in COLUMNS}


def _check_one_of_both(values: Json) -> None:
    if values.get("allow_all_scopes") and values.get("scope"):
        raise InvalidField("scope", "goes without allow_all_scopes", check="grant.scope_or_all")


def _check_defined(scope: Iterable[str], api: ResourceServer) -> None:
    unknown = sorted(set(scope).difference(api.scopes))
    if unknown:
        shown = ", ".join(unknown)[:200]
        reason = f"the resource server does not define: {shown}"
        raise InvalidField("scope", reason, check="grant.scope_defined")


def _check_registered(types: Iterable[str], api: ResourceServer) -> None:
    unknown = [value for value in types if value not in api.detail_types]
    if unknown:
        reason = f"the resource server does not register: {', '.join(unknown)[:200]}"
        raise InvalidField(_TYPES, reason, check="grant.types_registered")
