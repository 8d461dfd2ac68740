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


def _text(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, Text(), nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, BigInteger(), nullable=nullable)


def _flag(name: str) -> Column[Any]:
    return Column(name, Boolean(), nullable=False)


def _json(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, JsonText(), nullable=nullable)


def _record_table(name: str, key: tuple[str, ...], *columns: Column[Any], also: tuple[Any, ...] = ()) -> Table:
    """A table of records: numbered by ``made``, of one tenant, unique by ``tenant_id`` and ``key``."""
    made = Column("made", ROW_NUMBER, primary_key=True, autoincrement=True)
    unique = UniqueConstraint("tenant_id", *key)
    table_info = {"key": ("tenant_id", *key)}
    return Table(
        name, metadata, made, _text("tenant_id"), *columns, unique, *also, info=table_info, sqlite_autoincrement=True
    )


tenant = _record_table(
    "tenant",
    (),
    _text("name"),
    _text("issuer"),
    _text("mtls_issuer"),
    _text("host"),
    _text("mtls_host"),
    _json("settings"),
    _number("created_at_ms"),
)

tenant_host = _record_table(
    "tenant_host",
    ("host",),
    _text("host"),
    _text("issuer", nullable=True),
    _text("mtls_issuer", nullable=True),
    _text("custom_domain_id", nullable=True),
    also=(UniqueConstraint("host"),),
)

custom_domain = _record_table(
    "custom_domain",
    ("custom_domain_id",),
    _text("custom_domain_id"),
    _text("domain"),
    _text("type"),
    _text("status"),
    _flag("is_default"),
    _text("origin_domain_name", nullable=True),
    _text("cname_api_key_hash", nullable=True),
    _json("metadata"),
    _number("created_at_ms"),
    _number("updated_at_ms"),
    also=(UniqueConstraint("tenant_id", "domain"),),
)

client = _record_table(
    "client",
    ("client_id",),
    _text("client_id"),
    _text("name"),
    _text("app_type", nullable=True),
    _flag("is_first_party"),
    _flag("is_global"),
    _json("metadata"),
    _number("created_at_ms"),
    _number("updated_at_ms"),
)

credential = _record_table(
    "credential",
    ("id",),
    _text("id"),
    _text("client_id"),
    _text("credential_type"),
    _text("name"),
    _text("kid", nullable=True),
    _text("alg", nullable=True),
    _json("public_jwk", nullable=True),
    _text("pem", nullable=True),
    _text("thumbprint_sha256", nullable=True),
    _text("key_sha256", nullable=True),
    _text("subject_dn", nullable=True),
    _text("subject_san", nullable=True),
    _text("certificate_authority_id", nullable=True),
    _text("secret_hash", nullable=True),
    _number("not_before_ms", nullable=True),
    _number("expires_at_ms", nullable=True),
    _number("created_at_ms"),
    _number("updated_at_ms"),
    _text("created_by"),
    _number("withdrawn_at_ms", nullable=True),
    also=(Index(None, "tenant_id", "key_sha256"), Index(None, "tenant_id", "client_id")),
)

certificate_authority = _record_table(
    "certificate_authority",
    ("id",),
    _text("id"),
    _text("name"),
    _text("pem"),
    _json("intermediates"),
    _text("subject"),
    _text("thumbprint_sha256"),
    _text("key_sha256"),
    _number("not_before_ms"),
    _number("not_after_ms"),
    _number("created_at_ms"),
)

resource_server = _record_table(
    "resource_server",
    ("id",),
    _text("id"),
    _text("identifier"),
    _text("name", nullable=True),
    _flag("is_system"),
    _json("metadata"),
    _number("created_at_ms"),
    _number("updated_at_ms"),
    also=(UniqueConstraint("tenant_id", "identifier"),),
)

client_grant = _record_table(
    "client_grant",
    ("id",),
    _text("id"),
    _text("client_id"),
    _text("audience"),
    _text("subject_type"),
    _json("scope"),
    _json("metadata"),
    _flag("is_system"),
    _number("created_at_ms"),
    _number("updated_at_ms"),
    also=(UniqueConstraint("tenant_id", "client_id", "audience", "subject_type"),),
)

signing_key = _record_table(
    "signing_key",
    ("kid",),
    _text("kid"),
    _text("alg"),
    _text("state"),
    Column("private_key_sealed", LargeBinary(), nullable=False),
    _text("certificate"),
    _number("created_at_ms"),
    _number("current_since_ms", nullable=True),
    _number("current_until_ms", nullable=True),
    _number("revoked_at_ms", nullable=True),
)

user = _record_table(
    "user_account",
    ("user_id",),
    _text("user_id"),
    _text("connection"),
    _text("email"),
    _text("password_hash", nullable=True),
    _flag("is_administrator"),
    _json("metadata"),
    _number("created_at_ms"),
    _number("updated_at_ms"),
    also=(UniqueConstraint("tenant_id", "connection", "email"),),
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
    _text("tenant_id"),
    _text("type"),
    _number("at_ms"),
    _text("client_id"),
    _text("correlation_id"),
    _json("document"),
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
    _number("last_used_at_ms"),
    _number("uses"),
)

daily_count = Table(
    "daily_count",
    metadata,
    Column("tenant_id", Text(), primary_key=True),
    Column("day", Text(), primary_key=True),
    Column("name", Text(), primary_key=True),
    _number("count"),
    _number("updated_at_ms"),
)

deployment = Table(
    "deployment",
    metadata,
    Column("name", Text(), primary_key=True),
    Column("value", LargeBinary(), nullable=False),
)
