"""Records as rows: which table keeps which kind, and the exact way there and back.

A column is named like the field it keeps. Text that PostgreSQL cannot hold (U+0000, and lone surrogates, which have no
UTF-8) is refused on both databases: as a field to save it is not acceptable, as a key or filter it matches nothing.
Inside a nested value U+0000 is fine, because JSON escapes it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Boolean, Column, Table, Text

from ..apis.client_grants import ClientGrant
from ..apis.resource_servers import ResourceServer
from ..authorization.code import AuthorizationCode
from ..authorization.pending import PendingAuthorization
from ..authorization.pushed_request import PushedRequest
from ..clients.certificate_authority import CertificateAuthority
from ..clients.client import Client
from ..clients.credential import Credential
from ..clients.key_set import KeySet
from ..errors import InvalidField
from ..logout.delivery import LogoutDelivery
from ..records import Record
from ..signing.key import SigningKey
from ..tenants.custom_domain import CustomDomain
from ..tenants.option import TenantOption
from ..tenants.tenant import Tenant, TenantHost
from ..tokens.family import TokenFamily
from ..tokens.opaque_token import OpaqueToken
from ..tokens.revoked_token import RevokedToken
from ..tokens.status_counter import StatusCounter
from ..users.attempts import FailedAttempts
from ..users.authenticator import Authenticator
from ..users.consent import Consent
from ..users.job import Job
from ..users.role import Role, RoleMember, UserPermission
from ..users.session import Session
from ..users.ticket import Ticket
from ..users.user import User
from . import live_schema, schema

R = TypeVar("R", bound=Record)

TABLES: dict[type[Record], Table] = {
    Tenant: schema.tenant,
    TenantHost: schema.tenant_host,
    CustomDomain: schema.custom_domain,
    Client: schema.client,
    Credential: schema.credential,
    CertificateAuthority: schema.certificate_authority,
    ResourceServer: schema.resource_server,
    ClientGrant: schema.client_grant,
    SigningKey: schema.signing_key,
    TenantOption: schema.tenant_option,
    Role: schema.role,
    User: live_schema.user,
    Authenticator: live_schema.authenticator,
    Session: live_schema.session,
    Consent: live_schema.consent,
    RoleMember: live_schema.role_member,
    UserPermission: live_schema.user_permission,
    Ticket: live_schema.ticket,
    FailedAttempts: live_schema.failed_attempts,
    Job: live_schema.job,
    PendingAuthorization: live_schema.pending_authorization,
    PushedRequest: live_schema.pushed_request,
    AuthorizationCode: live_schema.authorization_code,
    TokenFamily: live_schema.token_family,
    OpaqueToken: live_schema.opaque_token,
    RevokedToken: live_schema.revoked_token,
    StatusCounter: live_schema.status_counter,
    LogoutDelivery: live_schema.logout_delivery,
    KeySet: live_schema.key_set,
}
"""Kind of record → its table. The key is in the table's ``info["key"]``."""

BIGINT_MIN, BIGINT_MAX = -(2**63), 2**63 - 1
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@cache
def key_of(table: Table) -> tuple[str, ...]:
    """The names of the key columns, ``tenant_id`` first."""
    return tuple(table.info["key"])


@cache
def fields_of(table: Table) -> tuple[Column[Any], ...]:
    """The columns that keep a field, in the order of the table."""
    return tuple(column for column in table.columns if column.name != "made")


def storable(value: object) -> bool:
    """Whether a column can hold this value."""
    if isinstance(value, str):
        return "\0" not in value and (value.isascii() or not _LONE_SURROGATE.search(value))
    if isinstance(value, int):
        return BIGINT_MIN <= value <= BIGINT_MAX
    return True


def clamped(number: int) -> int:
    """The nearest number a column can hold."""
    return min(max(number, BIGINT_MIN), BIGINT_MAX)


def _encode(column: Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, schema.JsonText):
        try:
            return msgspec.json.encode(value).decode()
        except UnicodeEncodeError:
            raise InvalidField(column.name, "must be well-formed Unicode text", check="text") from None
    if not storable(value):
        if isinstance(column.type, Text):
            raise InvalidField(column.name, "must be Unicode text without NUL characters", check="text")
        raise InvalidField(column.name, "must be a 64-bit integer", check="integer_range")
    return value


@cache
def _decoders(table: Table) -> tuple[tuple[str, Callable[[Any], Any] | None], ...]:
    """For each of :func:`fields_of` its name, and how its values are made those of the record; None where they are."""
    return tuple((column.name, _decoder(column)) for column in fields_of(table))


def _decoder(column: Column[Any]) -> Callable[[Any], Any] | None:
    if isinstance(column.type, schema.JsonText):
        return msgspec.json.decode
    return bool if isinstance(column.type, Boolean) else None


def row_of(record: Record) -> dict[str, Any]:
    """Column → value for a record; raises :class:`InvalidField` for what no column can hold."""
    return {column.name: _encode(column, getattr(record, column.name)) for column in fields_of(TABLES[type(record)])}


def record_of(kind: type[R], row: Sequence[Any]) -> R:
    """The record from its values in the order of :func:`fields_of`."""
    decoded = zip(_decoders(TABLES[kind]), row, strict=True)
    return kind(**{name: value if value is None or not decode else decode(value) for (name, decode), value in decoded})


Shape = tuple[tuple[str, int, bool], ...]
"""What a filter looks like without its values: column, how many values it may equal, whether NULL is one too."""


def filter_of(table: Table, where: Mapping[str, object]) -> tuple[Shape, dict[str, Any]] | None:
    """The shape and the parameters of a filter, or None when nothing can match it. Unknown columns raise KeyError."""
    shape: list[tuple[str, int, bool]] = []
    values: dict[str, Any] = {}
    for name in sorted(where):
        column = table.columns[name]
        if isinstance(column.type, schema.JsonText):
            raise KeyError(f"{name} is a nested value and cannot be compared")
        wanted = where[name]
        options = list(wanted) if isinstance(wanted, (tuple, list, frozenset, set)) else [wanted]
        plain = [option for option in options if option is not None and storable(option)]
        if not plain and None not in options:
            return None
        shape.append((name, len(plain), None in options))
        values.update({f"{name}_{index}": option for index, option in enumerate(plain)})
    return tuple(shape), values
