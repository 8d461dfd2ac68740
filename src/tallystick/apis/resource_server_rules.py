"""The rules for resource servers: what a new one is, what an update makes of it, what the system API keeps. Pure."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from msgspec.structs import replace

from ..errors import Conflict, InvalidField, NotPermitted
from ..fields import check_create, check_update, merged
from ..records import Json
from .resource_server_fields import RESOURCE_SERVER_FIELDS, canonical_signing_alg
from .resource_servers import ResourceServer
from .token_encryption import kept_token_encryption

COLUMNS = ("identifier", "name")
"""Fields that the record has itself; all others are its metadata."""
SYSTEM_SETTABLE = frozenset(
    {
        "scopes",
        "signing_alg",
        "token_lifetime",
        "token_lifetime_for_web",
        "proof_of_possession",
        "allow_offline_access",
        "skip_consent_for_verifiable_first_party_clients",
    }
)
"""What may be changed of the Management API without shutting its administrators out."""


def new_resource_server_id() -> str:
    """A fresh id: 24 lower-case hex digits (auth0.md 0)."""
    return secrets.token_hex(12)


def checked_new(body: Json) -> Json:
    """The members of a new API, checked against the table. Raises InvalidField."""
    return _canonical(check_create(RESOURCE_SERVER_FIELDS, body), None)


def check_not_ours(identifier: str, own_urls: Iterable[str]) -> None:
    """An API under the server's own URLs would get tokens that look as if they were for us. Raises InvalidField."""
    if is_under(identifier, own_urls):
        reason = "is reserved: identifiers under the server's own URL belong to the server"
        raise InvalidField("identifier", reason, check="api.identifier_reserved")


def is_under(identifier: str, urls: Iterable[str]) -> bool:
    """Whether an identifier is one of the URLs, which end with a slash, or below one."""
    return any(identifier == url.rstrip("/") or identifier.startswith(url) for url in urls)


def new_resource_server(tenant_id: str, id: str, values: Json, now_ms: int) -> ResourceServer:
    """The record for checked members."""
    made = ResourceServer(
        tenant_id=tenant_id,
        id=id,
        identifier=values["identifier"],
        name=values.get("name"),
        metadata=_metadata(values),
        created_at_ms=now_ms,
        updated_at_ms=now_ms,
    )
    _check_consistent(made)
    return made


def updated_resource_server(
    api: ResourceServer, body: Json, system_scopes: Iterable[str], now_ms: int
) -> ResourceServer:
    """The API after an update: members left out are kept, ``null`` clears. Raises InvalidField and NotPermitted."""
    update = _canonical(check_update(RESOURCE_SERVER_FIELDS, body), api.token_encryption)
    if api.is_system:
        _check_system_update(update, system_scopes)
        update.pop("scopes", None)
    metadata = merged(api.metadata, _metadata(update))
    after = replace(api, name=update.get("name", api.name), metadata=metadata, updated_at_ms=now_ms)
    _check_consistent(after)
    return after


def check_unique(existing: ResourceServer | None, identifier: str) -> None:
    """Raises Conflict when the identifier is taken."""
    if existing is not None:
        raise Conflict(
            f"A resource server with the identifier {identifier} already exists",
            error_code="resource_server_conflict",
            check="api.identifier_unique",
        )


def check_erasable(api: ResourceServer) -> None:
    """Raises NotPermitted for the Management API."""
    if api.is_system:
        raise _system("The Management API cannot be deleted")


def _check_consistent(api: ResourceServer) -> None:
    """An opaque token says nothing that could be encrypted, and names no place. Raises InvalidField."""
    if not api.has_opaque_tokens:
        return
    if api.encrypts_tokens:
        reason = "does not go with token_dialect opaque: such a token has no content"
        raise InvalidField("token_encryption", reason, check="api.opaque_encryption")
    if api.publishes_status:
        reason = "does not go with token_dialect opaque: introspection tells what a list would"
        raise InvalidField("token_status_list", reason, check="api.opaque_status_list")


def _metadata(values: Json) -> Json:
    return {name: value for name, value in values.items() if name not in COLUMNS}


def _canonical(values: Json, encryption_before: Json | None) -> Json:
    """As the record keeps it."""
    if "signing_alg" in values:
        values = {**values, "signing_alg": canonical_signing_alg(values["signing_alg"])}
    if values.get("token_encryption") is not None:
        kept = kept_token_encryption(values["token_encryption"], encryption_before)
        values = {**values, "token_encryption": kept}
    return values


def _check_system_update(update: Json, system_scopes: Iterable[str]) -> None:
    if not update.keys() <= SYSTEM_SETTABLE:
        names = ", ".join(sorted(update.keys() - SYSTEM_SETTABLE))
        raise _system(f"These fields of the Management API cannot be changed: {names}")
    if "scopes" in update and {scope["value"] for scope in update["scopes"]} != set(system_scopes):
        raise _system("The scopes of the Management API cannot be changed")


def _system(message: str) -> NotPermitted:
    return NotPermitted(message, error_code="operation_not_supported", check="api.system")
