"""The tables, once for both databases.

Every time is a BIGINT of milliseconds since the Unix epoch. Nested values are JSON kept as text, so that they come
back exactly as they went in. ``made`` counts rows in the order they were made. There are no foreign keys: whether a
thing may refer to another is decided by the room that owns it, on one revision of the tenant (see `records`).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

ROW_NUMBER = BigInteger().with_variant(Integer(), "sqlite")
"""A column of this type that is the primary key counts upward by itself, on both databases."""


class JsonText(Text):
    """A nested value as JSON text; ``null`` in JSON never occurs, None is NULL."""


def text(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, Text(), nullable=nullable)


def number(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, BigInteger(), nullable=nullable)


def flag(name: str) -> Column[Any]:
    return Column(name, Boolean(), nullable=False)


def nested(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, JsonText(), nullable=nullable)


def record_table(name: str, key: tuple[str, ...], *columns: Column[Any], also: tuple[Any, ...] = ()) -> Table:
    """A table of records: numbered by ``made``, of one tenant, unique by ``tenant_id`` and ``key``."""
    made = Column("made", ROW_NUMBER, primary_key=True, autoincrement=True)
    unique = UniqueConstraint("tenant_id", *key)
    table_info = {"key": ("tenant_id", *key)}
    return Table(
        name, metadata, made, text("tenant_id"), *columns, unique, *also, info=table_info, sqlite_autoincrement=True
    )


def live_table(name: str, key: tuple[str, ...], *columns: Column[Any], also: tuple[Any, ...] = ()) -> Table:
    """A table of live records: as of records, with the version that a write must name."""
    return record_table(name, key, *columns, number("version"), also=also)


tenant = record_table(
    "tenant",
    (),
    text("name"),
    text("issuer"),
    text("mtls_issuer"),
    text("host"),
    text("mtls_host"),
    nested("settings"),
    number("created_at_ms"),
)

tenant_host = record_table(
    "tenant_host",
    ("host",),
    text("host"),
    text("issuer", nullable=True),
    text("mtls_issuer", nullable=True),
    text("custom_domain_id", nullable=True),
    also=(UniqueConstraint("host"),),
)

custom_domain = record_table(
    "custom_domain",
    ("custom_domain_id",),
    text("custom_domain_id"),
    text("domain"),
    text("type"),
    text("status"),
    flag("is_default"),
    text("origin_domain_name", nullable=True),
    text("cname_api_key_hash", nullable=True),
    nested("metadata"),
    number("created_at_ms"),
    number("updated_at_ms"),
    also=(UniqueConstraint("tenant_id", "domain"),),
)

client = record_table(
    "client",
    ("client_id",),
    text("client_id"),
    text("name"),
    text("app_type", nullable=True),
    flag("is_first_party"),
    flag("is_global"),
    nested("metadata"),
    number("created_at_ms"),
    number("updated_at_ms"),
)

credential = record_table(
    "credential",
    ("id",),
    text("id"),
    text("client_id"),
    text("credential_type"),
    text("name"),
    text("kid", nullable=True),
    text("alg", nullable=True),
    nested("public_jwk", nullable=True),
    text("pem", nullable=True),
    text("thumbprint_sha256", nullable=True),
    text("key_sha256", nullable=True),
    text("subject_dn", nullable=True),
    text("subject_san", nullable=True),
    text("certificate_authority_id", nullable=True),
    text("secret_hash", nullable=True),
    number("not_before_ms", nullable=True),
    number("expires_at_ms", nullable=True),
    number("created_at_ms"),
    number("updated_at_ms"),
    text("created_by"),
    number("withdrawn_at_ms", nullable=True),
    also=(Index(None, "tenant_id", "key_sha256"), Index(None, "tenant_id", "client_id")),
)

certificate_authority = record_table(
    "certificate_authority",
    ("id",),
    text("id"),
    text("name"),
    text("pem"),
    nested("intermediates"),
    text("subject"),
    text("thumbprint_sha256"),
    text("key_sha256"),
    number("not_before_ms"),
    number("not_after_ms"),
    number("created_at_ms"),
)

resource_server = record_table(
    "resource_server",
    ("id",),
    text("id"),
    text("identifier"),
    text("name", nullable=True),
    flag("is_system"),
    nested("metadata"),
    number("created_at_ms"),
    number("updated_at_ms"),
    also=(UniqueConstraint("tenant_id", "identifier"),),
)

client_grant = record_table(
    "client_grant",
    ("id",),
    text("id"),
    text("client_id"),
    text("audience"),
    text("subject_type"),
    nested("scope"),
    nested("metadata"),
    flag("is_system"),
    number("created_at_ms"),
    number("updated_at_ms"),
    also=(UniqueConstraint("tenant_id", "client_id", "audience", "subject_type"),),
)

signing_key = record_table(
    "signing_key",
    ("kid",),
    text("kid"),
    text("alg"),
    text("state"),
    Column("private_key_sealed", LargeBinary(), nullable=False),
    text("certificate"),
    number("created_at_ms"),
    number("current_since_ms", nullable=True),
    number("current_until_ms", nullable=True),
    number("revoked_at_ms", nullable=True),
)

tenant_option = record_table(
    "tenant_option",
    ("name",),
    text("name"),
    nested("value"),
    number("updated_at_ms"),
)

role = record_table(
    "role",
    ("id",),
    text("id"),
    text("name"),
    text("description"),
    nested("permissions"),
    number("created_at_ms"),
    number("updated_at_ms"),
    also=(UniqueConstraint("tenant_id", "name"),),
)

revision = Table(
    "revision",
    metadata,
    Column("tenant_id", Text(), primary_key=True),
    Column("revision", BigInteger(), nullable=False),
)

one_time = Table(
    "one_time",
    metadata,
    Column("key", LargeBinary(), primary_key=True),
    Column("expires_at_ms", BigInteger(), nullable=False),
    Index(None, "expires_at_ms"),
)

log = Table(
    "log",
    metadata,
    Column("seq", ROW_NUMBER, primary_key=True, autoincrement=True),
    text("tenant_id"),
    text("type"),
    number("at_ms"),
    text("client_id"),
    text("correlation_id"),
    nested("document"),
    Index(None, "tenant_id", "seq"),
    Index(None, "tenant_id", "type"),
    Index(None, "tenant_id", "correlation_id"),
    sqlite_autoincrement=True,
)

credential_use = Table(
    "credential_use",
    metadata,
    Column("tenant_id", Text(), primary_key=True),
    Column("credential_id", Text(), primary_key=True),
    number("last_used_at_ms"),
    number("uses"),
)

daily_count = Table(
    "daily_count",
    metadata,
    Column("tenant_id", Text(), primary_key=True),
    Column("day", Text(), primary_key=True),
    Column("name", Text(), primary_key=True),
    number("count"),
    number("updated_at_ms"),
)

deployment = Table(
    "deployment",
    metadata,
    Column("name", Text(), primary_key=True),
    Column("value", LargeBinary(), nullable=False),
)
