"""The tables of live records: what changes when people sign in. Those with ``purge_at_ms`` forget by themselves."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, UniqueConstraint
from sqlalchemy import text as sql

from .schema import flag, live_table, metadata, nested, number, text

_WAITING, _HALF_DONE = sql("spent_at_ms IS NULL"), sql("user_id IS NOT NULL")
_LISTED = sql("withdrawn_at_ms IS NOT NULL AND status_list IS NOT NULL")

user = live_table(
    "user_account",
    ("user_id",),
    text("user_id"),
    text("connection"),
    text("email"),
    text("username", nullable=True),
    text("password_hash", nullable=True),
    flag("email_verified"),
    flag("blocked"),
    flag("is_administrator"),
    nested("metadata"),
    number("logins_count"),
    number("last_login_ms", nullable=True),
    text("last_ip", nullable=True),
    number("password_changed_at_ms", nullable=True),
    number("created_at_ms"),
    number("updated_at_ms"),
    also=(
        UniqueConstraint("tenant_id", "connection", "email"),
        Index(None, "tenant_id", "connection", "username", unique=True),
    ),
)

authenticator = live_table(
    "authenticator",
    ("id",),
    text("id"),
    text("user_id"),
    text("type"),
    text("name"),
    flag("is_confirmed"),
    Column("secret_sealed", LargeBinary(), nullable=True),
    text("credential_id", nullable=True),
    nested("data"),
    number("created_at_ms"),
    number("last_used_at_ms", nullable=True),
    also=(Index(None, "tenant_id", "user_id"), Index(None, "tenant_id", "credential_id", unique=True)),
)

session = live_table(
    "session",
    ("id",),
    text("id"),
    text("secret_hash"),
    text("user_id"),
    nested("amr"),
    nested("clients"),
    flag("is_persistent"),
    nested("device"),
    number("authenticated_at_ms"),
    number("created_at_ms"),
    number("updated_at_ms"),
    number("idle_expires_at_ms"),
    number("expires_at_ms"),
    number("purge_at_ms"),
    also=(
        UniqueConstraint("tenant_id", "secret_hash"),
        Index(None, "tenant_id", "user_id"),
        Index(None, "purge_at_ms"),
    ),
)

consent = live_table(
    "consent",
    ("id",),
    text("id"),
    text("user_id"),
    text("client_id"),
    text("audience"),
    nested("scope"),
    number("created_at_ms"),
    number("updated_at_ms"),
    also=(UniqueConstraint("tenant_id", "user_id", "client_id", "audience"),),
)

role_member = live_table(
    "role_member",
    ("user_id", "role_id"),
    text("user_id"),
    text("role_id"),
    number("created_at_ms"),
    also=(Index(None, "tenant_id", "role_id"),),
)

user_permission = live_table(
    "user_permission",
    ("user_id", "audience", "permission"),
    text("user_id"),
    text("audience"),
    text("permission"),
    number("created_at_ms"),
)

ticket = live_table(
    "ticket",
    ("ticket_hash",),
    text("ticket_hash"),
    text("purpose"),
    text("user_id"),
    nested("data"),
    number("created_at_ms"),
    number("expires_at_ms"),
    number("purge_at_ms"),
    also=(Index(None, "tenant_id", "user_id"), Index(None, "purge_at_ms")),
)

failed_attempts = live_table(
    "failed_attempts",
    ("subject",),
    text("subject"),
    number("count"),
    number("first_at_ms"),
    number("last_at_ms"),
    number("blocked_until_ms", nullable=True),
    number("purge_at_ms"),
    also=(Index(None, "purge_at_ms"),),
)

job = live_table(
    "job",
    ("id",),
    text("id"),
    text("type"),
    text("status"),
    nested("data"),
    number("created_at_ms"),
    number("updated_at_ms"),
    number("purge_at_ms"),
    also=(Index(None, "purge_at_ms"),),
)

pending_authorization = live_table(
    "pending_authorization",
    ("id",),
    text("id"),
    text("browser_hash"),
    text("client_id"),
    nested("parameters"),
    nested("provenance", nullable=True),
    nested("progress"),
    text("user_id", nullable=True),
    number("created_at_ms"),
    number("expires_at_ms"),
    number("purge_at_ms"),
    also=(
        Index(None, "purge_at_ms"),
        # Of those alone in which somebody passed a first factor: strangers can make the others many.
        Index(None, "tenant_id", "user_id", sqlite_where=_HALF_DONE, postgresql_where=_HALF_DONE),
    ),
)

pushed_request = live_table(
    "pushed_request",
    ("id",),
    text("id"),
    text("client_id"),
    nested("parameters"),
    nested("provenance"),
    text("hinted_subject", nullable=True),
    number("created_at_ms"),
    number("expires_at_ms"),
    number("purge_at_ms"),
    also=(Index(None, "purge_at_ms"),),
)

authorization_code = live_table(
    "authorization_code",
    ("code_hash",),
    text("code_hash"),
    text("client_id"),
    text("user_id"),
    text("session_id"),
    text("credential_id", nullable=True),
    text("redirect_uri"),
    flag("redirect_uri_sent"),
    text("audience", nullable=True),
    nested("scope"),
    text("nonce", nullable=True),
    text("code_challenge", nullable=True),
    nested("claims"),
    nested("authorization_details", nullable=True),
    text("transaction_linking_id", nullable=True),
    nested("amr"),
    text("acr", nullable=True),
    number("auth_time_ms"),
    text("dpop_jkt", nullable=True),
    number("created_at_ms"),
    number("expires_at_ms"),
    number("spent_at_ms", nullable=True),
    text("family_id", nullable=True),
    number("purge_at_ms"),
    also=(
        Index(None, "purge_at_ms"),
        # Of those alone that wait to be redeemed: a handful, while spent ones are kept for a day.
        Index(None, "tenant_id", "user_id", sqlite_where=_WAITING, postgresql_where=_WAITING),
    ),
)

token_family = live_table(
    "token_family",
    ("id",),
    text("id"),
    text("client_id"),
    text("user_id"),
    text("session_id", nullable=True),
    text("code_hash", nullable=True),
    text("credential_id", nullable=True),
    text("last_credential_id", nullable=True),
    text("audience", nullable=True),
    nested("scope"),
    nested("claims"),
    nested("authorization_details", nullable=True),
    text("transaction_linking_id", nullable=True),
    nested("amr"),
    text("acr", nullable=True),
    number("auth_time_ms"),
    nested("binding", nullable=True),
    text("seed"),
    flag("has_refresh_token"),
    flag("is_rotating"),
    number("generation"),
    number("rotated_at_ms", nullable=True),
    number("last_exchanged_at_ms", nullable=True),
    nested("device"),
    number("withdrawn_at_ms", nullable=True),
    text("withdrawn_because", nullable=True),
    number("created_at_ms"),
    number("idle_expires_at_ms", nullable=True),
    number("expires_at_ms", nullable=True),
    number("status_list", nullable=True),
    number("status_index", nullable=True),
    number("purge_at_ms"),
    also=(
        Index(None, "tenant_id", "user_id", "client_id"),
        Index(None, "tenant_id", "session_id"),
        Index(None, "tenant_id", "credential_id"),
        Index(None, "purge_at_ms"),
        # Of those alone that a published list has to name.
        Index(None, "tenant_id", "status_list", sqlite_where=_LISTED, postgresql_where=_LISTED),
    ),
)

opaque_token = live_table(
    "opaque_token",
    ("token_hash",),
    text("token_hash"),
    text("client_id"),
    text("grant_id", nullable=True),
    nested("claims"),
    number("created_at_ms"),
    number("expires_at_ms"),
    number("purge_at_ms"),
    also=(Index(None, "purge_at_ms"),),
)

revoked_token = live_table(
    "revoked_token",
    ("token_hash",),
    text("token_hash"),
    text("client_id"),
    number("status_list", nullable=True),
    number("status_index", nullable=True),
    number("revoked_at_ms"),
    number("purge_at_ms"),
    also=(Index(None, "tenant_id", "status_list"), Index(None, "purge_at_ms")),
)

status_counter = live_table("status_counter", ("id",), text("id"), number("next_place"))

logout_delivery = live_table(
    "logout_delivery",
    ("id",),
    text("id"),
    text("issuer", nullable=True),
    text("client_id"),
    text("url"),
    text("session_id"),
    text("user_id"),
    number("attempts"),
    text("last_error"),
    number("next_attempt_at_ms"),
    number("created_at_ms"),
    number("purge_at_ms"),
    also=(Index(None, "next_attempt_at_ms"), Index(None, "purge_at_ms")),
)

key_set = live_table(
    "key_set",
    ("url",),
    text("url"),
    nested("keys"),
    nested("refused"),
    number("fetched_at_ms", nullable=True),
    number("fresh_until_ms"),
    number("attempted_at_ms"),
    text("last_error", nullable=True),
    number("purge_at_ms"),
    also=(Index(None, "purge_at_ms"),),
)

FORGETTING = tuple(table for table in metadata.sorted_tables if "purge_at_ms" in table.columns)
"""Tables whose rows go when their time is over."""
